"""What is slow to compute and the same every time, on disk by the hash of its key or content.

The folder is ``$GANBENCH_CACHE``, or ``ganbench`` in ``$XDG_CACHE_HOME`` or ``~/.cache``. It can
be deleted at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ganbench.core.files import locked, write_bytes
from ganbench.core.lazy import np
from ganbench.core.notices import notice
from ganbench.core.seals import sealed, unsealed

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

T = TypeVar("T")

_unusable: set[str] = set()  # folders that were warned of


def folder() -> Path:
    """Return the cache's folder; it may not exist yet."""
    if os.environ.get("GANBENCH_CACHE"):
        return Path(os.environ["GANBENCH_CACHE"])
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ganbench"


def data_folder() -> Path:
    """Return where downloaded data lie: ``$GANBENCH_DATA``, or ``data`` in the cache's folder."""
    named = os.environ.get("GANBENCH_DATA")
    return Path(named) if named else folder() / "data"


def digest(key: Mapping[str, Any]) -> str:
    """Return the SHA-256 of ``key`` written as canonical JSON."""
    text = json.dumps(key, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def cached(key: Mapping[str, Any], make: Callable[[], dict[str, Array]]) -> dict[str, Array]:
    """Return ``make()``, or what it returned for the same ``key`` before."""
    return _kept(f"{digest(key)}.npz", _arrays, make, _npz)


def cached_content(sha256: str, make: Callable[[], bytes]) -> bytes:
    """Return ``make()``, whose SHA-256 is ``sha256``, or the copy of it that was kept before."""

    def whole(path: Path) -> bytes | None:
        try:
            content = path.read_bytes()
        except OSError:
            return None
        return content if hashlib.sha256(content).hexdigest() == sha256 else None

    return _kept(f"{sha256}.bin", whole, make, bytes)


def _kept(
    name: str, read: Callable[[Path], T | None], make: Callable[[], T], write: Callable[[T], bytes]
) -> T:
    """Return what the file ``name`` keeps, or ``make()``, which is then kept.

    Of several processes that ask at once, one computes. Where the folder cannot be written, nothing
    is kept, and a warning says so once.

    Args:
        read: returns None where the file is absent or damaged: it is made again.
    """
    path = folder() / name
    kept = read(path)
    if kept is not None:
        return kept
    with contextlib.ExitStack() as stack:
        with _warned():
            path.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked(path.with_suffix(".lock")))
        kept = read(path)  # made by another process meanwhile
        if kept is None:
            kept = make()
            with _warned():
                write_bytes(path, write(kept))
        return kept


@contextlib.contextmanager
def _warned() -> Iterator[None]:
    """Turn what cannot be written into a warning, once in a process."""
    try:
        yield
    except OSError as error:
        if str(folder()) not in _unusable:
            _unusable.add(str(folder()))
            notice(
                f"the cache {folder()} cannot be used ({error.strerror or error}): "
                "what is slow is computed again each time"
            )


def _arrays(path: Path) -> dict[str, Array] | None:
    try:
        content = unsealed(path.read_bytes(), str(path))
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            return dict(file)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None


def _npz(arrays: dict[str, Array]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return sealed(buffer.getvalue())
