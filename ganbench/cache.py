"""Arrays that are dear to compute and the same every time, kept on disk by the hash of their key.

The folder is ``$GANBENCH_CACHE``, or ``ganbench`` in ``$XDG_CACHE_HOME`` or ``~/.cache``. It can
be deleted at any time.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganbench.lazy import np

if TYPE_CHECKING:
    from ganbench.spec import Array


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


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file ``path``; another process waits."""
    with open(path, "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _read(path: Path) -> dict[str, Array] | None:
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None  # absent or damaged: made again


def cached(key: Mapping[str, Any], make: Callable[[], dict[str, Array]]) -> dict[str, Array]:
    """Return ``make()``, or what it returned for the same ``key`` before.

    Of several processes that ask at once, one computes. Where the folder cannot be written, the
    arrays are simply computed.
    """
    path = folder() / f"{digest(key)}.npz"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = locked(path.with_suffix(".lock"))
        lock.__enter__()
    except OSError:
        return make()
    with contextlib.ExitStack() as stack:
        stack.push(lock)
        found = _read(path)
        if found is None:
            found = make()
            part = path.with_suffix(f".{os.getpid()}.tmp.npz")
            np.savez(part, allow_pickle=False, **found)
            os.replace(part, path)
        return found
