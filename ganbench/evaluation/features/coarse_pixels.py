"""Coarse pixels as features: the mean colours of 16 x 16 areas, scaled to 0..1.

A 64 x 64 colour picture has 12,288 pixels, in which nothing of a short training lies among real
pictures, and which take ten seconds a measurement; 768 coarse ones tell whether colours are at
their places, in less than one. What is finer than an area is not seen. Areas may share pixels, by
the share that each has, where the sides are no multiples of 16; no side is enlarged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Extracted, Extractor, Features, Suits
from ganbench.core.lazy import np
from ganbench.core.registry import register
from ganbench.evaluation.features._named import named_after

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

NAME, SIDE = "coarse-pixels", 16
PIECE = 500  # images at a time


def areas(size: int) -> Array:
    """Return the share of each of ``size`` pixels in each of at most 16 means: ``[16, size]``."""
    count = min(size, SIDE)
    ends = np.linspace(0, size, count + 1)[:, None]
    covered = np.clip(ends - np.arange(size), 0, 1)  # of each pixel, up to an end
    shares: Array = np.diff(covered, axis=0) * count / size
    return shares


def means(samples: Array) -> Extracted:
    """Return uint8 images ``[N, C, H, W]`` as float64 vectors ``[N, C * 16 * 16]`` in 0..1."""
    if samples.dtype != np.uint8 or samples.ndim != 4:
        raise UsageError(
            f"features {NAME!r} need uint8 images [N, C, H, W], got {samples.dtype} "
            f"of shape {samples.shape[1:]}"
        )
    rows, columns = (areas(size) for size in samples.shape[2:])
    pieces = (samples[i : i + PIECE] / 255.0 for i in range(0, len(samples), PIECE))
    return Extracted(np.concatenate([(rows @ x @ columns.T).reshape(len(x), -1) for x in pieces]))


def load(argument: str) -> Extractor:
    """Return the extractor.

    Raises:
        UsageError: an argument.
    """
    if argument:
        raise UsageError(f"features {NAME!r} take no argument, got {argument!r}")
    return Extractor(NAME, "", means)


def suits(samples: Array) -> Suits | None:
    """Return that they suit images where all else is slow."""
    if samples.ndim != 4 or samples.dtype != np.uint8:
        return None
    return Suits(NAME, -1, "mean colours of 16 x 16 areas: nothing finer is seen")


SUMMARY = "mean colours of 16 x 16 areas of an image in 0..1, flattened"
register(Features(NAME, load, SUMMARY, named_after(NAME), suits))
