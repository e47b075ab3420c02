"""``folder:PATH``: a folder of images (png, jpg) of one size, grey or colour, searched through."""

from __future__ import annotations

import os

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Dataset, Pattern
from ganbench.core.registry import register


def check(path: str) -> None:
    """Raise ``UsageError`` for a file; a path that does not exist is for the reader to refuse."""
    if os.path.isfile(path):
        raise UsageError(f"{path} is a file: a folder of images needed, or --dataset array:{path}")


def make(argument: str) -> Dataset:
    """Return the data set of the folder ``argument``.

    Raises:
        UsageError: no path.
    """
    from ganbench.data import _given

    if not argument:
        raise UsageError("folder: needs a path, as in folder:/data/faces")
    return _given.dataset("folder", argument, "dcgan", "auto", check)


register(
    Pattern("dataset", "folder", "PATH", make, "a folder of images of one size, a tenth held out")
)
