"""How samples are read that were made elsewhere: one policy for folders, files and arrays.

Pictures become what a viewer shows: turned as EXIF says, alpha composited on a background, deeper
pixels scaled by value to 8 bits. A set in which every picture is grey has one channel, any other
three. What was done to any picture is told once, and is a part of the protocol.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ganbench.core.errors import UsageError
from ganbench.core.lazy import np
from ganbench.core.limits import MOST_PIXELS
from ganbench.core.printable import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ganbench.core.kinds.dataset import Array

BACKGROUNDS = {"white": (255, 255, 255), "black": (0, 0, 0), "grey": (128, 128, 128)}
RANGES = {"0..1": (0.0, 1.0), "-1..1": (-1.0, 1.0)}
# ``{name: whose filter}``, names as clean-fid has them (Parmar et al. 2022); "bilinear" is that of
# pytorch-fid, which does not average over the pixels that it leaves out.
RESIZERS = {
    "bicubic": "pillow", "area": "pillow", "bilinear-antialias": "pillow", "lanczos": "pillow",
    "bilinear": "torch",
}  # fmt: skip
NO_SIGN = "no value is below 0 in --range -1..1: is it 0..1?"
PIECE = 2**20  # pixels that are worked on at a time
TOLERANCE = 1e-3  # by which float pixels may be beyond their range


@dataclass(frozen=True)
class Reading:
    """What the user decides about reading.

    Attributes:
        resize: (height, width), or None: pictures of one size are needed.
        resizer: one of ``RESIZERS``.
        background: a name or ``#rrggbb``, under transparent pixels.
        value_range: one of ``RANGES`` for float pictures, or empty: they are refused.
    """

    resize: tuple[int, int] | None = None
    resizer: str = "bicubic"
    background: str = "white"
    value_range: str = ""

    def __post_init__(self) -> None:
        if self.resizer not in RESIZERS:
            raise UsageError(f"--resizer is {self.resizer!r}: {', '.join(RESIZERS)} are known")
        if self.value_range and self.value_range not in RANGES:
            raise UsageError(f"--range is {self.value_range!r}: {' or '.join(RANGES)} needed")
        self.colour  # noqa: B018 (refuses)
        if self.resize and self.resize[0] * self.resize[1] > MOST_PIXELS:
            raise UsageError(
                f"--resize is {self.resize[0]}x{self.resize[1]}: at most {MOST_PIXELS:,} pixels"
            )

    @property
    def colour(self) -> tuple[int, int, int]:
        """The background's red, green and blue."""
        if self.background in BACKGROUNDS:
            return BACKGROUNDS[self.background]
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", self.background):
            raise UsageError(
                f"--background is {self.background!r}: {', '.join(BACKGROUNDS)} or #rrggbb needed"
            )
        red, green, blue = (int(self.background[i : i + 2], 16) for i in (1, 3, 5))
        return red, green, blue

    @property
    def coloured(self) -> bool:
        """Whether the background is no grey."""
        return len(set(self.colour)) > 1

    @property
    def signed(self) -> bool:
        """Whether float pixels may be below 0."""
        return bool(self.value_range) and RANGES[self.value_range][0] < 0

    @property
    def resizing(self) -> str:
        """The resizing in words, empty for none."""
        if self.resize is None:
            return ""
        whose = RESIZERS[self.resizer]
        return f"{whose} {self.resizer} to {self.resize[0]}x{self.resize[1]}"


def parse_reading(words: Mapping[str, str]) -> Reading:
    """Return how pictures are read, from the words of options: those of ``Reading``.

    Raises:
        UsageError: a word that nothing is known about.
    """
    given: dict[str, Any] = dict(words)
    return Reading(parse_size(given.pop("resize", None)), **given)


def parse_size(text: str | None) -> tuple[int, int] | None:
    """Return (height, width) of ``HxW``.

    Raises:
        UsageError: something else.
    """
    if text is None:
        return None
    match = re.fullmatch(r"([0-9]{1,6})x([0-9]{1,6})", text.lower())
    if match is None or 0 in (size := (int(match[1]), int(match[2]))):
        raise UsageError(f"--resize is '{shown(text)}': HxW needed, such as 28x28")
    return size


def check_pixels(width: int, height: int) -> None:
    """Raise ``ValueError`` for a picture with too many pixels, before they are decoded."""
    if width * height > MOST_PIXELS:
        raise ValueError(
            f"{width}x{height} is {width * height:,} pixels: at most {MOST_PIXELS:,} are read"
        )


def to_bytes(values: Array, value_range: str) -> Array:
    """Return float pixels as uint8: 0 to 255 over ``value_range``, rounded.

    Raises:
        ValueError: no range was given, or values are beyond it or not finite.
    """
    if not value_range:
        raise ValueError(
            "float pixels: say --range 0..1 or --range -1..1 (value_range in Python), or save uint8"
        )
    low, high = RANGES[value_range]
    if not np.isfinite(values).all():
        raise ValueError("pixels that are NaN or infinite")
    least, most = float(values.min(initial=high)), float(values.max(initial=low))
    room = TOLERANCE * (high - low)
    if least < low - room or most > high + room:
        raise ValueError(f"pixels from {least:.4g} to {most:.4g}, beyond --range {value_range}")
    scaled = (values.astype(np.float64) - low) * (255 / (high - low))
    pixels: Array = np.clip(np.floor(scaled + 0.5), 0, 255).astype(np.uint8)
    return pixels


def composited(pixels: Array, colour: tuple[int, int, int]) -> Array:
    """Return uint8 ``[N, 4, H, W]`` with alpha as what is seen on ``colour``, ``[N, 3, H, W]``."""
    n, _, height, width = pixels.shape
    seen: Array = np.empty((n, 3, height, width), np.uint8)
    below = np.array(colour, np.uint32)[:, None, None]
    for rows in pieces(height, n * width):
        part = pixels[:, :, rows]
        alpha = part[:, 3:].astype(np.uint32)
        seen[:, :, rows] = (part[:, :3] * alpha + below * (255 - alpha) + 127) // 255
    return seen


def pieces(rows: int, pixels: int) -> Iterator[slice]:
    """Yield slices of rows of so many pixels, each small beside a large picture."""
    step = max(1, PIECE // max(1, pixels))
    for start in range(0, rows, step):
        yield slice(start, start + step)


def resized(pixels: Array, reading: Reading) -> Array:
    """Return uint8 planes ``[N, C, H, W]`` in the size asked for; each by itself."""
    if reading.resize is None or pixels.shape[2:] == reading.resize:
        return pixels
    height, width = reading.resize
    if RESIZERS[reading.resizer] == "torch":
        return _without_antialias(pixels, reading.resize)
    from PIL import Image

    how = {
        "bicubic": Image.Resampling.BICUBIC, "area": Image.Resampling.BOX,
        "bilinear-antialias": Image.Resampling.BILINEAR, "lanczos": Image.Resampling.LANCZOS,
    }[reading.resizer]  # fmt: skip
    planes = [
        [np.asarray(Image.fromarray(np.ascontiguousarray(p)).resize((width, height), how))
         for p in picture]
        for picture in pixels
    ]  # fmt: skip
    out: Array = np.array(planes, np.uint8).reshape(len(pixels), pixels.shape[1], height, width)
    return out


def _without_antialias(pixels: Array, size: tuple[int, int]) -> Array:
    import torch

    planes: Any = torch.from_numpy(np.array(pixels)).float()
    planes = torch.nn.functional.interpolate(planes, size, mode="bilinear", align_corners=False)
    rounded: Array = (planes + 0.5).clamp(0, 255).to(torch.uint8).numpy()
    return rounded
