"""IDX files, the format of MNIST and its relatives, always checked by their SHA-256."""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ganbench.core.errors import UsageError
from ganbench.core.whole_files import file_bytes

OPEN: dict[str, Callable[[BinaryIO], Any]] = {".xz": lzma.open, ".gz": gzip.open}
MOST = 2**27  # bytes of an uncompressed file


def _as_it_is(stream: BinaryIO) -> BinaryIO:
    return stream


def read(path: Path, sha256: str, remedy: str) -> np.ndarray:
    """Return the uint8 array of one IDX file; see ``content``."""
    return array(content(path, sha256, remedy))


def content(path: Path, sha256: str, remedy: str) -> bytes:
    """Return what one IDX file holds; ``.xz`` and ``.gz`` are decompressed.

    Args:
        sha256: of the uncompressed file, which a recompressed copy shares.
        remedy: what to do, the end of every error.

    Raises:
        UsageError: missing, damaged, or not the file it should be.
    """
    try:
        packed = io.BytesIO(file_bytes(path, MOST))
        with OPEN.get(path.suffix, _as_it_is)(packed) as stream:
            raw = stream.read(MOST + 1)
    except (lzma.LZMAError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UsageError(f"{path} is damaged ({error}); {remedy}") from None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}; {remedy}") from None
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise UsageError(f"{path} is damaged (its SHA-256 is wrong); {remedy}")
    return raw


def array(raw: bytes) -> np.ndarray:
    """Return the uint8 array of the content of an IDX file."""
    axes = raw[3]
    shape = np.frombuffer(raw, ">u4", count=axes, offset=4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * axes).reshape(shape.tolist())
