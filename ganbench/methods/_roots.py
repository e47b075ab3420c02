"""The square root that gradients can go through at 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def smooth_sqrt(x: Tensor) -> Tensor:
    """Return the root of ``x >= 0``; where it is 0, so is its derivative.

    The root is taken of 1 there, and its value and derivative are replaced by 0: a vector of
    length 0 has no direction, and 0 is the subgradient that moves nothing.
    """
    zero = x == 0
    return x.masked_fill(zero, 1.0).sqrt().masked_fill(zero, 0.0)
