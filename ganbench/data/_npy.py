"""``.npy`` and ``.npz`` files, whose headers are checked before memory is taken for an array.

Nothing that is pickled is ever loaded.
"""

from __future__ import annotations

import io
import math
import os
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ganbench.core.errors import UsageError
from ganbench.core.lazy import np
from ganbench.core.limits import MOST_BYTES, MOST_MEMBERS, MOST_PACKED
from ganbench.core.memory import check_memory
from ganbench.core.printable import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ganbench.core.kinds.dataset import Array

MAGIC, VERSIONS = b"\x93NUMPY", {1: 2, 2: 4}  # and the bytes of the header's length in each
LONGEST_HEADER = 10_000  # bytes, as numpy has it
STATISTICS = {"mu", "sigma"}  # of pytorch-fid's files
OF_CROPS = {"mu_s", "sigma_s"}  # that guided-diffusion's have beside them


@dataclass(frozen=True)
class Header:
    """What a file says of its array.

    Attributes:
        start: where the numbers begin. size: the bytes that they take.
        pickled: they are no numbers, but objects, which are never loaded.
    """

    shape: tuple[int, ...]
    start: int
    size: int
    pickled: bool


def header(stream: BinaryIO) -> Header:
    """Return the header of the array in ``stream``.

    Raises:
        ValueError: there is none.
    """
    first = stream.read(8)
    if first[:6] != MAGIC or len(first) < 8 or first[6] not in VERSIONS or first[7]:
        raise ValueError("no array of numpy.save, or pickled objects, which are never loaded")
    length = stream.read(VERSIONS[first[6]])
    size = int.from_bytes(length, "little")
    if size > LONGEST_HEADER:
        raise ValueError(f"a header of {size:,} bytes")
    rest = io.BytesIO(length + stream.read(size))
    form = np.lib.format
    reader = form.read_array_header_1_0 if first[6] == 1 else form.read_array_header_2_0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of numpy, about files that Python 2 wrote
        shape, _, dtype = reader(rest)
    if any(axis < 0 for axis in shape):
        raise ValueError(f"the shape {shape}")
    start = len(first) + len(length) + size
    return Header(shape, start, math.prod(shape) * dtype.itemsize, dtype.hasobject)


def _check(found: Header, length: int) -> None:
    """Raise ``ValueError`` for objects, and for less than the header says."""
    if found.pickled:
        raise ValueError("pickled objects, which are never loaded: save a plain array")
    if found.start + found.size > length:
        raise ValueError(
            f"its header says {found.size:,} bytes of shape {shown(found.shape)}, and "
            f"{length - found.start:,} are there"
        )


def mapped(where: Path) -> Any:
    """Return the array of a ``.npy`` file, mapped; an empty one, which cannot be, is loaded.

    Raises:
        ValueError: it holds no array, or less of it than it says.
    """
    with open(where, "rb") as file:
        found = header(file)
        _check(found, os.fstat(file.fileno()).st_size)
    return np.load(where, mmap_mode="r" if found.size else None, allow_pickle=False)


def member(where: Path, name: str) -> Any:
    """Return one array of an archive.

    Args:
        name: empty for the only one, or the only one with more than one axis.

    Raises:
        UsageError: no such array, not clear which is meant, or more than is ever read.
        ValueError: it is damaged.
    """
    with zipfile.ZipFile(where) as archive:
        infos = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        if not infos:
            raise UsageError(f"{shown(where)} holds no arrays")
        if len(archive.infolist()) > MOST_MEMBERS:
            raise UsageError(
                f"{shown(where)} holds {len(archive.infolist()):,} files: at most {MOST_MEMBERS:,} "
                "are read"
            )
        listed = shown(", ".join(infos))
        if name and name not in infos:
            raise UsageError(f"{shown(where)} has no array '{shown(name)}'; it has {listed}")
        for info in infos.values():
            _check_packing(where, info)
        found = [name] if name else _samples(archive, infos)
        if not found and set(infos) >= STATISTICS:
            raise UsageError(f"{shown(where)} holds statistics (mu, sigma), not samples")
        if len(found) != 1:
            first = shown(f"{where}:{(found or [*infos])[0]}")
            raise UsageError(f"{shown(where)} has arrays {listed}: say which, as {first}")
        return _array(where, archive, infos[found[0]])


def _samples(archive: zipfile.ZipFile, infos: Mapping[str, zipfile.ZipInfo]) -> list[str]:
    """Return the only array, or those of numbers that have more axes than labels."""
    if len(infos) == 1:
        return [*infos]
    beside = STATISTICS | OF_CROPS if set(infos) >= STATISTICS else set()
    several = []
    for name, info in infos.items():
        if name in beside or not info.filename.endswith(".npy"):
            continue
        with archive.open(info) as stream:
            found = header(stream)  # type: ignore[arg-type]
        if len(found.shape) > 1 and not found.pickled:
            several.append(name)
    return several


def _array(where: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Array:
    with archive.open(info) as stream:
        found = header(stream)  # type: ignore[arg-type]
    _check(found, info.file_size)
    check_memory(shown(where), found.size, "a smaller array needed")
    with archive.open(info) as stream:
        array: Array = np.lib.format.read_array(stream, allow_pickle=False)
    return array


def _check_packing(where: Path, info: zipfile.ZipInfo) -> None:
    """Raise ``UsageError`` for a large array that is packed as no samples are, before unpacking."""
    if info.file_size > MOST_BYTES and info.file_size > MOST_PACKED * info.compress_size:
        raise UsageError(
            f"{shown(where)}: {shown(info.filename)} unpacks to {info.file_size:,} bytes, "
            f"{info.file_size // max(info.compress_size, 1):,} times its size: not read"
        )
