"""Image files of more than 8 bits a value: what is stored, not what Pillow keeps of it.

Of 16 bits in several channels Pillow keeps the high byte. It keeps the low one where it is told
that the bytes lie the other way round, so such a picture is read twice.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ganbench.core.lazy import np

if TYPE_CHECKING:
    from PIL import Image

    from ganbench.core.kinds.dataset import Array

DEEP = ("I;16", "I;16B", "I;16L", "I;16N", "I")  # values of 0..65535
KINDS = ("PNG", "TIFF")  # that have more than 8 bits
MOST, MOST_OF_12 = 2**16 - 1, 2**12 - 1
ORDERS = (";16B", ";16L", ";16N")  # of bytes: big and little first, and the machine's own
OTHER = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
BITS, PHOTOMETRIC, PLANAR = 258, 262, 284  # tags of TIFF
WHITE_IS_ZERO, SEPARATE = 0, 2  # values of the last two


def is_deep(image: Image.Image) -> bool:
    """Return whether an image that is open, and not decoded yet, has integers beyond 8 bits."""
    return image.mode in DEEP or _in_channels(image)


def deep_values(image: Image.Image) -> Array:
    """Return the values of a deep image as it is shown, 0..65535 ``[H, W, C]``; alpha is last.

    Raises:
        ValueError: they cannot be known.
    """
    raw = _raw_mode(image)
    if not _in_channels(image):
        values = _one_channel(image, raw)
    elif _tag(image, PLANAR) == SEPARATE or raw.startswith("RGBa"):
        raise ValueError("16 bits in separate planes or with premultiplied alpha: save 8 bits")
    elif raw == "LA;16B":  # as many bits as four channels of 8
        values = _again(image, "RGBA").view(">u2")
    else:
        values = np.asarray(turned(image)).astype(np.uint16)
        values <<= 8
        values |= _again(image, raw[:-1] + OTHER[raw[-1]])
    hidden = image.info.get("transparency")
    if hidden is None:
        return values
    alpha = np.where((values == hidden).all(-1, keepdims=True), 0, MOST)
    return np.concatenate([values, alpha.astype(values.dtype)], -1)


def turned(image: Image.Image) -> Image.Image:
    """Return an image decoded, and turned as its EXIF says."""
    from PIL import ImageOps

    ImageOps.exif_transpose(image, in_place=True)
    return image


def white_is_zero(image: Image.Image) -> bool:
    """Return whether a TIFF says so; Pillow heeds it up to 8 bits."""
    return _tag(image, PHOTOMETRIC) == WHITE_IS_ZERO


def _one_channel(image: Image.Image, raw: str) -> Array:
    """Return the values of a grey picture, ``[H, W, 1]``."""
    values = np.asarray(turned(image))[..., None]
    if image.mode == "I" and image.format != "PNG":  # up to 32 bits, of which all may be used
        low, high = int(values.min()), int(values.max())
        if low >= 0 and 0 < high < 256:
            raise ValueError(
                f"pixels from {low} to {high} in wider integers: of 8 bits or of 16? save it so"
            )
    if raw == "I;12":
        values = (values.astype(np.uint32) * MOST + MOST_OF_12 // 2) // MOST_OF_12
    return MOST - values if white_is_zero(image) else values


def _raw_mode(image: Image.Image) -> str:
    """Return Pillow's name for how the pixels are stored, empty where it has none."""
    tiles = getattr(image, "tile", None)  # of a file that is not decoded yet
    told = tiles[0][3] if tiles else ""
    return told if isinstance(told, str) else str((*(told or ()), "")[0])


def _in_channels(image: Image.Image) -> bool:
    """Return whether several channels have more than 8 bits each."""
    deep = _raw_mode(image).endswith(ORDERS) or max(_tag(image, BITS) or (8,)) > 8
    return deep and image.mode in ("RGB", "RGBA", "CMYK")


def _again(image: Image.Image, raw: str) -> Array:
    """Return the pixels of an image that is decoded once more, as if it were stored as ``raw``."""
    from PIL import Image

    with Image.open(getattr(image, "filename", ""), formats=KINDS) as other:
        for i, tile in enumerate(other.tile):
            codec, extents, offset, told = tile
            stored = raw if isinstance(told, str) else (raw, *(told or ())[1:])
            made: Any = getattr(type(tile), "_make", tuple)  # before Pillow 11 plain tuples
            other.tile[i] = made((codec, extents, offset, stored))
        return np.asarray(turned(other))


def _tag(image: Image.Image, number: int) -> Any:
    """Return a tag of a TIFF; None where it has none, or is none."""
    return getattr(image, "tag_v2", {}).get(number)
