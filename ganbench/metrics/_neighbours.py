"""Nearest neighbours and balls: O(chunk x N) memory, matrix-product speed, exact comparisons.

Squared distances come from |a|^2 + |b|^2 - 2 ab on centred data, which is fast but rounded. Where
that rounding could change an answer (a radius, or a point on the edge of a ball), the distance is
taken again from the difference of the two points, so that ties and duplicates are decided as a
direct computation decides them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ganbench.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

CHUNK_BYTES = 1 << 26
SPARE = 4  # extra candidates among which the exact k-th neighbour is found


def exact(x: Tensor, y: Tensor) -> Tensor:
    """Return squared distances between paired rows of ``x`` and ``y`` ``[..., D]``."""
    return (x - y).square().sum(-1)


def rounding(x: Tensor, y: Tensor) -> float:
    """Return a bound on the error of the fast squared distances between rows of x and y."""
    scale = max(float(x.square().sum(1).max()), float(y.square().sum(1).max()))
    return 8 * (x.shape[1] + 4) * torch.finfo(x.dtype).eps * scale


def pieces(rows: int, columns: int) -> Iterator[slice]:
    """Yield slices of ``rows`` rows so that ``columns`` float64 values a row fit in a chunk."""
    size = max(1, CHUNK_BYTES // (8 * columns))
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))


def fast(x: Tensor, y: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Yield ``(rows, squared distances [rows, len(y)])`` over chunks of the rows of ``x``."""
    y2 = y.square().sum(1)
    for part in pieces(len(x), len(y)):
        chunk = torch.addmm(y2, x[part], y.T, alpha=-2)
        yield part, chunk.add_(x[part].square().sum(1, keepdim=True))


def radii(x: Tensor, k: int) -> Tensor:
    """Return the squared distance of each row to its k-th nearest other row, ``[N]``."""
    found = torch.empty(len(x), dtype=x.dtype, device=x.device)
    wanted = min(k + SPARE, len(x) - 1)
    centred = x - x.mean(0)
    slack = rounding(centred, centred)
    for part, chunk in fast(centred, centred):
        own = torch.arange(part.start, part.stop, device=x.device)
        chunk[torch.arange(len(own), device=x.device), own] = torch.inf
        near = chunk.topk(wanted, dim=1, largest=False)
        kth = exact(x[part, None], x[near.indices]).kthvalue(k, dim=1).values
        if wanted < len(x) - 1:  # might rounding hide a nearer row among those left out?
            for row in ((near.values[:, -1] - slack < kth) & (kth > 0)).nonzero()[:, 0]:
                everywhere = exact(x[own[row]], x)
                everywhere[own[row]] = torch.inf
                kth[row] = everywhere.kthvalue(k).values
        found[part] = kth
    return found


def inside(
    points: Tensor, centers: Tensor, squared_radii: Tensor, strict: bool
) -> Iterator[tuple[slice, Tensor]]:
    """Yield ``(rows, inside [rows, len(centers)])``: which balls hold each point.

    The balls are open if ``strict``, else closed.
    """
    middle = centers.mean(0)
    near_points, near_centers = points - middle, centers - middle
    slack = rounding(near_points, near_centers)
    for part, chunk in fast(near_points, near_centers):
        margin = chunk.sub_(squared_radii)
        within = margin < 0
        rows, columns = (margin.abs_() <= slack).nonzero(as_tuple=True)
        for some in pieces(len(rows), points.shape[1]):
            row, column = rows[some], columns[some]
            true = exact(points[part][row], centers[column])
            edge = squared_radii[column]
            within[row, column] = true < edge if strict else true <= edge
        yield part, within
