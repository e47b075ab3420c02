"""Memory that the C library keeps."""

from __future__ import annotations

import ctypes
import sys


def give_back() -> None:
    """Hand freed memory back to the system, where the C library can.

    glibc keeps what is freed between blocks still in use. Each training step replaces all weights
    and moments, and a long training on a CPU grew to several times what it needs.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # not in every C library
        if trim is not None:
            trim(0)
