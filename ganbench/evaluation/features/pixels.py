"""Pixels as features: uint8 images scaled to 0..1 and flattened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Extracted, Extractor, Features, Suits
from ganbench.core.lazy import np
from ganbench.core.registry import register

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

MANY = 3 * 32 * 32  # pixels of an image, above which distances take seconds a measurement


def scaled(samples: Array) -> Extracted:
    """Return uint8 images ``[N, C, H, W]`` as float64 vectors ``[N, C*H*W]`` in 0..1."""
    if samples.dtype != np.uint8:
        raise UsageError(f"features 'pixels' need uint8 images, got {samples.dtype}")
    return Extracted(samples.reshape(len(samples), -1) / 255.0)


def load(argument: str) -> Extractor:
    """Return the scaling."""
    if argument:
        raise UsageError(f"features 'pixels' take no argument, got {argument!r}")
    return Extractor("pixels", "", scaled)


def suits(samples: Array) -> Suits | None:
    """Return that pixels are what is left for images, and what that means."""
    if samples.ndim != 4:
        return None
    return Suits(
        "pixels",
        0,
        "distances of pixels say little of what images show; ganbench[features] has an ImageNet "
        "classifier's",
        slow=samples[0].size > MANY,
    )


register(Features("pixels", load, "image pixels in 0..1, flattened", suits=suits))
