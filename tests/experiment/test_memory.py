"""What is freed is handed back to the system."""

import ctypes
import sys
from pathlib import Path

import pytest

from ganbench.experiment.execute import release_memory


def resident() -> int:
    """Return the MiB of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 >> 20


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_trim"),
    reason="this C library has nothing to hand back",
)
def test_blocks_freed_between_blocks_in_use_are_handed_back():
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.free.argtypes = [ctypes.c_void_p]
    size = 100 << 10  # below what malloc asks the system for one by one
    blocks = []
    for _ in range(4_000):
        blocks.append(libc.malloc(size))
        ctypes.memset(blocks[-1], 1, size)
    for block in blocks[1::2]:
        libc.free(block)
    before = resident()
    release_memory()
    assert resident() < before - 100
    for block in blocks[::2]:
        libc.free(block)
