"""Samples made elsewhere: image folders, ``.npy`` and ``.npz`` files.

Nothing that is pickled is ever loaded. ``.npy`` files are mapped, and read where they are sliced.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganbench.core.errors import UsageError
from ganbench.core.lazy import np
from ganbench.data._arrays import Pictures, samples_of
from ganbench.data._image_files import Images, image_folder
from ganbench.data._reading import Reading, shown

if TYPE_CHECKING:
    from ganbench.core.kinds.dataset import Array

MOST_BYTES = 2**30  # of an array in an archive, from which on it must not be packed more than
MOST_PACKED = 100  # times: no samples are
STATISTICS = {"mu", "sigma"}  # of pytorch-fid's files


def read(path: str, reading: Reading = Reading()) -> Array | Images | Pictures:  # noqa: B008
    """Return samples: vectors ``[N, D]``, or pictures ``[N, C, H, W]`` uint8 when sliced.

    Args:
        path: a folder of images (searched through, in order of their names), a ``.npy`` file, a
            ``.npz`` file with one array of samples, or ``FILE.npz:NAME``.

    Raises:
        UsageError: missing, empty, damaged, pickled, or not samples; one line that says which.
    """
    file, _, name = path.partition(".npz:")
    where = Path(f"{file}.npz" if name else path)
    try:
        exists, folder, regular = where.exists(), where.is_dir(), where.is_file()
    except (OSError, ValueError) as error:  # a name that is too long, or has a null
        raise UsageError(f"{shown(where)} cannot be read: {_why(error)}") from None
    if not exists:
        raise UsageError(f"{shown(where)} does not exist")
    if folder:
        return image_folder(where, reading)
    if where.suffix not in (".npy", ".npz") or not regular:
        raise UsageError(f"{shown(where)} is neither a folder of images nor a .npy or .npz file")
    try:
        loaded = _member(where, name) if where.suffix == ".npz" else _mapped(where)
    except UsageError:
        raise
    except ValueError as error:
        if any(said in str(error) for said in ("allow_pickle", "bject array", "Python objects")):
            raise UsageError(
                f"{shown(where)} holds pickled objects, which are never loaded: save a plain array"
            ) from None
        raise UsageError(f"{shown(where)} is damaged ({_why(error)})") from None
    except Exception as error:  # numpy and zipfile raise many kinds for damaged files
        raise UsageError(f"{shown(where)} is damaged ({_why(error)})") from None
    return samples_of(loaded, shown(where), reading)


def _why(error: Exception) -> str:
    return " ".join((getattr(error, "strerror", None) or str(error)).split())


def _mapped(where: Path) -> Any:
    """Return the array of a ``.npy`` file, mapped; an empty one, which cannot be, is loaded."""
    try:
        return np.load(where, mmap_mode="r", allow_pickle=False)
    except ValueError as error:
        if "empty" not in str(error):
            raise
    return np.load(where, allow_pickle=False)


def _member(where: Path, name: str) -> Any:
    """Return one array of an archive.

    Raises:
        UsageError: no such array, or not clear which is meant.
    """
    with np.load(where, allow_pickle=False) as archive:
        names = list(archive.files)
        if not names:
            raise UsageError(f"{shown(where)} holds no arrays")
        if not name and set(names) >= STATISTICS:
            raise UsageError(f"{shown(where)} holds statistics (mu, sigma), not samples")
        if name and name not in names:
            raise UsageError(f"{shown(where)} has no array {name!r}; it has {', '.join(names)}")
        _check_packing(where)
        if name or len(names) == 1:
            return archive[name or names[0]]
        arrays = {own: archive[own] for own in names}
        several = [own for own, array in arrays.items() if array.ndim > 1]
        if len(several) == 1:  # labels beside samples
            return arrays[several[0]]
    listed = ", ".join(names)
    raise UsageError(f"{shown(where)} has arrays {listed}: say which, as {where}:{names[0]}")


def _check_packing(where: Path) -> None:
    """Raise ``UsageError`` for a large array that is packed as no samples are, before unpacking."""
    with zipfile.ZipFile(where) as archive:
        for info in archive.infolist():
            if info.file_size > MOST_BYTES and info.file_size > MOST_PACKED * info.compress_size:
                raise UsageError(
                    f"{shown(where)}: {shown(info.filename)} unpacks to {info.file_size:,} bytes, "
                    f"{info.file_size // max(info.compress_size, 1):,} times its size: not read"
                )


def notes_of(samples: Any) -> tuple[str, ...]:
    """Return what is to be told of how samples were read."""
    return getattr(samples, "notes", ())


def done_to(samples: Any) -> tuple[str, ...]:
    """Return what was done to the pixels of samples, for a protocol."""
    return getattr(samples, "done", ())
