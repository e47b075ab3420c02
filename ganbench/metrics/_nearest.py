"""The nearest of many points: O(chunk x N) memory, matrix-product speed, exact decisions.

As in ``_neighbours``: fast distances leave the few candidates that their rounding cannot tell
apart, and the differences of the points themselves decide among these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.lazy import torch
from ganbench.metrics import _neighbours

if TYPE_CHECKING:
    from torch import Tensor


def nearest(points: Tensor, centers: Tensor) -> tuple[Tensor, Tensor]:
    """Return the squared distance ``[N]`` to the nearest row of ``centers``, and its index ``[N]``.

    Among centres at exactly the same distance, the one with the lowest index is taken.
    """
    middle = centers.mean(0)
    near_points, near_centers = points - middle, centers - middle
    # the true nearest is at most one rounding beyond the fast one, each side of it
    slack = 2 * _neighbours.rounding(near_points, near_centers)
    squared = torch.full((len(points),), torch.inf, dtype=points.dtype, device=points.device)
    index = torch.full((len(points),), len(centers), device=points.device)
    for part, chunk in _neighbours.fast(near_points, near_centers):
        least = chunk.min(1, keepdim=True).values
        rows, columns = (chunk <= least + slack).nonzero(as_tuple=True)
        true = torch.cat(
            [
                _neighbours.exact(points[part][rows[some]], centers[columns[some]])
                for some in _neighbours.pieces(len(rows), points.shape[1])
            ]
        )
        squared[part] = squared[part].scatter_reduce(0, rows, true, "amin")
        tied = true == squared[part][rows]
        index[part] = index[part].scatter_reduce(0, rows[tied], columns[tied], "amin")
    return squared, index
