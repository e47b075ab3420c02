"""Arrays that are slow to compute and the same every time, kept on disk by the hash of their key.

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
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganbench.core.files import locked, write_bytes
from ganbench.core.lazy import np

if TYPE_CHECKING:
    from ganbench.core.kinds import Array


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
        kept = _read(path)
        if kept is None:
            kept = make()
            buffer = io.BytesIO()
            np.savez(buffer, allow_pickle=False, **kept)
            write_bytes(path, buffer.getvalue())
        return kept
