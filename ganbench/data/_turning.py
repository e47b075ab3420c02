"""How a picture is turned, as its header says: in EXIF or in XMP, before its pixels or after."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

ORIENTATION, SIDEWAYS = 0x0112, (5, 6, 7, 8)  # the EXIF tag, and the values that swap the sides
TEXTS = (b"iTXt", b"tEXt", b"zTXt")  # chunks of a PNG with words, which begin with their name
TELLING = (b"Raw profile type exif\0", b"XML:com.adobe.xmp\0")
SIGNATURE = 8  # bytes that a PNG begins with


def orientation(image: Image.Image) -> int:
    """Return the EXIF orientation of an open image; its pixels are decoded only where they must."""
    from PIL import Image

    path = getattr(image, "filename", "")
    if image.format != "PNG" or not path:
        return image.getexif().get(ORIENTATION, 1)
    if not _told_after_pixels(path):
        return Image.Image.getexif(image).get(ORIENTATION, 1)  # a PNG's own would decode it
    with Image.open(path, formats=["PNG"]) as whole:
        whole.load()
        return whole.getexif().get(ORIENTATION, 1)


def shown_size(image: Image.Image, turned: int) -> tuple[int, int]:
    """Return the (height, width) of an open image that has such an orientation."""
    width, height = image.size
    tags = getattr(image, "tag_v2", {})  # by which Pillow has turned a TIFF's size
    sideways = turned in SIDEWAYS and tags.get(ORIENTATION) not in SIDEWAYS
    return (width, height) if sideways else (height, width)


def _told_after_pixels(path: str | bytes) -> bool:
    """Return whether a PNG may say after its pixels how it is turned."""
    pixels = False
    with open(path, "rb") as file:
        file.seek(SIGNATURE)
        while len(head := file.read(8)) == 8:
            length, kind = struct.unpack(">I4s", head)
            start = file.read(min(length, max(map(len, TELLING)))) if kind in TEXTS else b""
            if pixels and (kind == b"eXIf" or start.startswith(TELLING)):
                return True
            pixels = pixels or kind == b"IDAT"
            file.seek(length - len(start) + 4, 1)
    return False
