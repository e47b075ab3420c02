"""The nearest of many points: O(chunk x N) memory, matrix-product speed, exact decisions.

As in ``_neighbours``: fast distances leave the few candidates that their rounding cannot tell
apart, and the differences of the points themselves decide among these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core.lazy import torch
from ganbench.metrics import _neighbours

if TYPE_CHECKING:
    from torch import Tensor


def nearest(points: Tensor, centers: Tensor) -> tuple[Tensor, Tensor]:
    """Return the squared distance ``[N]`` to the nearest row of ``centers``, and its index ``[N]``.

    Among centres at exactly the same distance, the one with the lowest index is taken.
    """
    squared = torch.full((len(points),), torch.inf, dtype=points.dtype, device=points.device)
    index = torch.full((len(points),), len(centers), device=points.device)
    for part, _, row, column in _neighbours.near(points, centers, 1):
        true = _neighbours.between(points[part], centers, row, column)
        squared[part] = squared[part].scatter_reduce(0, row, true, "amin")
        tied = true == squared[part][row]
        index[part] = index[part].scatter_reduce(0, row[tied], column[tied], "amin")
    return squared, index
