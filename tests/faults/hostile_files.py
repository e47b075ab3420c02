"""Files that nobody should be able to hurt with: each is one line and exit code 2.

Each entry of ``FILES`` makes a file or folder in an empty folder, and returns the command that
reads it (``~`` stands for the folder) and a part of what must be said.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path

Made = tuple[str, str]
Maker = Callable[[Path], Made]
FILES: dict[str, Maker] = {}
SCORE = "score --fake ~/ok.npy --real"


def hostile(make: Maker) -> Maker:
    FILES[make.__name__] = make
    return make


def pickled(path: Path) -> bytes:
    """Return a pickle that makes a file when it is loaded."""

    class Bomb:
        def __reduce__(self):
            return os.system, (f"touch {path}/ran",)

    return pickle.dumps(Bomb())
