"""PNG files built chunk by chunk, for what Pillow does not write."""

import struct
import zlib
from pathlib import Path

import numpy as np

from tests.faults.hostile_pictures import chunk

KINDS = {1: 0, 2: 4, 3: 2, 4: 6}  # of colour, by the number of channels


def png(pixels, before: bytes = b"", after: bytes = b"") -> bytes:
    """Return uint8 or uint16 ``[H, W, C]`` as a PNG, with chunks before and after the pixels."""
    height, width, channels = pixels.shape
    bits = 8 * pixels.dtype.itemsize
    head = struct.pack(">IIBBBBB", width, height, bits, KINDS[channels], 0, 0, 0)
    rows = pixels.astype(pixels.dtype.newbyteorder(">"))
    content = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    parts = (chunk(b"IHDR", head), before, chunk(b"IDAT", content), after, chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def transparent(*values: int) -> bytes:
    """Return the chunk that says which grey or colour is transparent."""
    return chunk(b"tRNS", struct.pack(f">{len(values)}H", *values))


def folder_of(path: Path, files: list[bytes], ending: str = "png") -> Path:
    """Return a folder of such files."""
    path.mkdir(parents=True)
    for i, content in enumerate(files):
        (path / f"{i:02}.{ending}").write_bytes(content)
    return path


def by_value(deep, most: int = 65_535) -> np.ndarray:
    """Return pixels of 0 to ``most`` as those of 0..255 that are nearest."""
    return np.floor(np.asarray(deep, np.float64) * 255 / most + 0.5)
