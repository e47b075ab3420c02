"""Folders of image files as one set of pictures, decoded when it is sliced."""

from __future__ import annotations

import contextlib
import logging
import os
import stat
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganbench.core.errors import UsageError
from ganbench.core.lazy import np
from ganbench.core.printable import shown
from ganbench.data._deep import DEEP, deep_values, is_deep, turned, white_is_zero
from ganbench.data._reading import (
    NO_SIGN,
    Reading,
    check_pixels,
    composited,
    pieces,
    resized,
    to_bytes,
)
from ganbench.data._turning import orientation, shown_size

if TYPE_CHECKING:
    from PIL import Image

    from ganbench.core.kinds.dataset import Array

FORMATS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif")
KINDS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")  # Pillow would try many more
GREY_MODES = ("1", "L", "F", *DEEP)  # others are grey where their pixels are
logging.getLogger("PIL").addHandler(logging.NullHandler())  # or its words go to standard error
MOST_REASONS = 10  # for which files are left out, that are named


@dataclass(frozen=True)
class Images:
    """Image files of one size, read when they are sliced: ``[N, C, H, W]`` uint8.

    Attributes:
        size: (height, width) as read, after any resizing.
        channels: 1 or 3.
        notes: what was done to them and what was left out, in sentences.
        done: what was done to pixels, for the protocol.
    """

    files: tuple[Path, ...]
    size: tuple[int, int]
    channels: int
    reading: Reading = Reading()
    notes: tuple[str, ...] = ()
    done: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.files)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """``(N, C, H, W)``."""
        return len(self.files), self.channels, *self.size

    def __getitem__(self, rows: Any) -> Array | Images:
        """Return an array for a slice, and the images of an array of indices, still unread."""
        if not isinstance(rows, slice):
            return replace(self, files=tuple(self.files[i] for i in rows))
        found = [self._read(file) for file in self.files[rows]]
        return np.concatenate(found) if found else np.empty((0, *self.shape[1:]), np.uint8)

    def in_colour(self) -> Images:
        """Return the same pictures with three channels."""
        return replace(self, channels=3)

    def _read(self, file: Path) -> Array:
        with opened(file) as image:
            pixels = resized(decoded(image, self.reading), self.reading)
        if pixels.shape[2:] != self.size:
            raise UsageError(
                f"{shown(file)} is {pixels.shape[2]}x{pixels.shape[3]} (HxW), others {self.size[0]}"
                f"x{self.size[1]}: give --resize HxW, or images of one size"
            )
        if self.channels == 1:
            return pixels[:, :1]
        return np.repeat(pixels, 3, axis=1) if pixels.shape[1] == 1 else pixels


@contextlib.contextmanager
def opened(file: Path) -> Iterator[Image.Image]:
    """Open an image whose decoding may raise anything.

    Raises:
        UsageError: it is not readable; the message names the file.
    """
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of damaged metadata
        try:
            with Image.open(file, formats=KINDS) as image:
                check_pixels(*image.size)
                yield image
        except UsageError:
            raise
        except Exception as error:  # Pillow raises many kinds for damaged files
            said = " ".join(str(error).split()).replace(str(file), shown(file))
            raise UsageError(f"{shown(file)} is not a readable image ({said})") from None


def decoded(image: Image.Image, reading: Reading) -> Array:
    """Return the pixels of an open image, uint8 ``[1, 1 or 3, H, W]``, as a viewer shows them.

    Raises:
        ValueError: values that cannot be brought to 8 bits.
    """
    if is_deep(image):
        return _seen(_of_8_bits(image), reading)
    turned(image)
    if image.mode == "F":
        pixels = to_bytes(np.asarray(image), reading.value_range)[None, None]
        return 255 - pixels if white_is_zero(image) else pixels
    return _seen(image, reading)


def _seen(image: Image.Image, reading: Reading) -> Array:
    """Return the pixels of an image of 8 bits, on the background where it is transparent."""
    if image.has_transparency_data:
        return composited(_planes(image, "RGBA")[None], reading.colour)
    if image.mode in ("1", "L"):
        return np.array(image.convert("L"))[None, None]
    return _planes(image, "RGB")[None]


def _planes(image: Image.Image, mode: str) -> Array:
    """Return an image in a mode of several channels as planes, uint8 ``[C, H, W]``."""
    converted = image if image.mode == mode else image.convert(mode)
    return np.asarray(converted).transpose(2, 0, 1)


def _of_8_bits(image: Image.Image) -> Image.Image:
    """Return a deep image as one of 8 bits a value."""
    from PIL import Image

    pixels = _to_8_bits(deep_values(image))
    height, width, channels = pixels.shape
    four = "CMYK" if image.mode == "CMYK" else "RGBA"
    mode = {1: "L", 2: "LA", 3: "RGB", 4: four}[channels]
    return Image.frombytes(mode, (width, height), pixels.tobytes())


def _to_8_bits(deep: Array) -> Array:
    """Return pixels of 0..65535 as uint8 of 0..255, rounded.

    Raises:
        ValueError: values beyond 16 bits.
    """
    low, high = int(deep.min()), int(deep.max())
    if low < 0 or high > 65_535:
        raise ValueError(f"pixels from {low} to {high}, beyond 16 bits")
    pixels = np.empty(deep.shape, np.uint8)
    for rows in pieces(len(deep), deep[0].size):
        pixels[rows] = (deep[rows].astype(np.uint32) * 255 + 32_767) // 65_535
    return pixels


def image_folder(folder: Path, reading: Reading) -> Images:
    """Return the images of a folder, searched through; their headers are read and compared.

    Hidden files and folders are nobody's samples. Links are followed, each folder once.

    Raises:
        UsageError: no images, of several sizes without ``reading.resize``, or unreadable.
    """
    if folder.resolve() == Path(folder.resolve().anchor):
        raise UsageError(f"{shown(folder)} is the root of the file system: name a folder of images")
    left = Counter[str]()
    files = sorted(_walk(folder, left))
    if not files:
        raise UsageError(
            f"{shown(folder)} holds no images ({', '.join(FORMATS)}){_left_out(left, '; ')}"
        )
    seen = Counter[str]()
    size, grey = None, True
    for file in files:
        with opened(file) as image:
            own = facts_of(image, seen)
            size = size or own
            if own != size and reading.resize is None:
                raise other_size(shown(files[0]), size, shown(file), own)
            plain = image.mode in GREY_MODES and not image.has_transparency_data
            if grey and not plain:
                grey = is_grey(decoded(image, reading))
    assert size is not None
    notes, done = told_of(len(files), seen, left, grey, reading)
    return Images(tuple(files), reading.resize or size, 1 if grey else 3, reading, notes, done)


def _walk(folder: Path, left: Counter[str]) -> Iterator[Path]:
    """Yield the image files below a folder, and count what is left out."""
    root, visited, waiting = folder.resolve(), set(), [folder]
    while waiting:
        here = waiting.pop()
        try:
            status = here.stat()
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError as error:
            raise UsageError(f"cannot read {shown(here)}: {error.strerror}") from None
        if (status.st_dev, status.st_ino) in visited:
            left["linked to a folder that was read before"] += here != folder
            continue
        visited.add((status.st_dev, status.st_ino))
        for entry in entries:
            path = here / entry.name
            if entry.name.startswith("."):
                left["hidden"] += 1
                continue
            try:
                mode = entry.stat().st_mode
            except OSError:
                left["links to nothing"] += 1
                continue
            if entry.is_symlink() and not path.resolve().is_relative_to(root):
                left["outside"] += 1
            if stat.S_ISDIR(mode):
                waiting.append(path)
            elif not stat.S_ISREG(mode):
                left["no regular files"] += 1
            elif path.suffix.lower() in FORMATS:
                yield path
            else:
                left[f"of another kind ({shown(path.suffix.lower()) or 'no ending'})"] += 1


def facts_of(image: Image.Image, seen: Counter[str]) -> tuple[int, int]:
    """Return the (height, width) that is shown, and count what has to be done to the pixels."""
    mode, alpha, tag = image.mode, image.has_transparency_data, orientation(image)
    size = shown_size(image, tag)  # before it is decoded, which may turn it
    seen["turned"] += tag in range(2, 9)
    seen["alpha"] += alpha
    seen["deep"] += is_deep(image)
    seen["float"] += mode == "F"
    seen["CMYK"] += mode == "CMYK"
    seen["frames"] += bool(getattr(image, "is_animated", False))
    seen["grey"] += mode in (*GREY_MODES, "LA")
    seen["grey with alpha"] += mode in (*GREY_MODES, "LA") and alpha
    if mode == "F" and not seen["below 0"]:
        seen["below 0"] += bool(np.asarray(image).min() < 0)
    return size


def other_size(one: str, size: tuple[int, int], other: str, own: tuple[int, int]) -> UsageError:
    """Return the error for two pictures of other sizes, which are called ``one`` and ``other``."""
    return UsageError(
        f"{one} is {size[0]}x{size[1]} (HxW) and {other} {own[0]}x{own[1]}: give --resize HxW, or "
        "images of one size"
    )


def is_grey(pixels: Array) -> bool:
    """Return whether the three channels of uint8 ``[N, C, H, W]`` are one."""
    return pixels.shape[1] == 1 or bool((pixels[:, :1] == pixels[:, 1:]).all())


def told_of(
    n: int, seen: Counter[str], left: Counter[str], grey: bool, reading: Reading
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what is told of a folder, and what of it is a part of the protocol."""
    outside = left.pop("outside", 0)
    greys = seen["grey"] - (seen["grey with alpha"] if reading.coloured else 0)
    facts = {
        f"alpha composited on {reading.background}": seen["alpha"],
        "turned as EXIF says": seen["turned"],
        "16 bits scaled to 8": seen["deep"],
        f"float {reading.value_range} scaled to 8 bits": seen["float"],
        "CMYK converted to RGB": seen["CMYK"],
    }
    done = {what: count for what, count in facts.items() if count}
    notes = [f"{count:,} of {n:,} images: {what}" for what, count in done.items()]
    if seen["float"] and reading.signed and not seen["below 0"]:
        notes.append(NO_SIGN)
    if seen["frames"]:
        notes.append(f"{seen['frames']:,} of {n:,} images have several frames: the first is read")
    if grey and greys < n:
        notes.append("every image is grey, whatever it is stored as: one channel")
    if not grey and greys:
        notes.append(f"{greys:,} of {n:,} images are grey: all are read as colour")
    if outside:
        notes.append(f"{outside:,} links lead out of the folder, and are followed")
    if left.total():
        notes.append(_left_out(left))
    return tuple(notes), tuple(done)


def _left_out(left: Counter[str], before: str = "") -> str:
    """Return how many files are left out, by reason; empty for none."""
    reasons = {why: count for why, count in left.items() if count and why != "outside"}
    if not reasons:
        return ""
    named = sorted(sorted(reasons, key=lambda why: -reasons[why])[:MOST_REASONS])
    each = ", ".join(f"{reasons[why]:,} {why}" for why in named)
    more = f" and {len(reasons) - len(named):,} more kinds" if len(reasons) > len(named) else ""
    return f"{before}{sum(reasons.values()):,} files are left out: {each}{more}"
