"""``array:PATH``: a ``.npy`` or ``.npz`` file, or one array of it: ``array:FILE.npz:NAME``.

Vectors and signals ``[N, D]`` keep their values: scale them yourself, to about -1..1. Images are
uint8 ``[N, H, W]``, ``[N, H, W, 3]`` or ``[N, C, H, W]``. Nothing that is pickled is loaded.
"""

from __future__ import annotations

import os

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Dataset, Pattern
from ganbench.core.registry import register


def check(path: str) -> None:
    """Raise ``UsageError`` for a folder; a path that does not exist is for the reader to refuse."""
    if os.path.isdir(path):
        raise UsageError(f"{path} is a folder: a .npy or .npz file needed, or folder:{path}")


def make(argument: str) -> Dataset:
    """Return the data set of the file ``argument``.

    Raises:
        UsageError: no path.
    """
    from ganbench.data import _given

    if not argument:
        raise UsageError("array: needs a file, as in array:signals.npy")
    return _given.dataset("array", argument, "toy", "none", check)


register(
    Pattern("dataset", "array", "FILE", make, "vectors or uint8 images in a .npy or .npz file")
)
