"""Nearest neighbours and balls: O(chunk x N) memory, matrix-product speed, exact comparisons.

Squared distances come from |a|^2 + |b|^2 - 2 ab on centred data, which is fast but rounded. Where
that rounding could change an answer (a radius, or a point on the edge of a ball), the distance is
taken again from the difference of the two points, so that ties and duplicates are decided as a
direct computation decides them.

On the CPU a chunk is taken in float32 first. The bound on its rounding is a proven one (Higham
2002, section 3.1, for any order of summation), so it decides most pairs and never wrongly; a chunk
in which it leaves too many open (tight clusters far apart) is taken again in float64.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ganbench.core.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

CHUNK_BYTES = 1 << 25
CROWDED = 64  # float64 where float32 leaves open more than one pair in this many
GROUPS = 32  # groups of columns for each neighbour that is sought


def exact(x: Tensor, y: Tensor) -> Tensor:
    """Return squared distances between paired rows of ``x`` and ``y`` ``[..., D]``."""
    return (x - y).square().sum(-1)


def between(x: Tensor, y: Tensor, row: Tensor, column: Tensor) -> Tensor:
    """Return the exact squared distance of each pair ``x[row[i]]``, ``y[column[i]]``."""
    squared = torch.empty(len(row), dtype=x.dtype, device=x.device)
    for some in pieces(len(row), 4 * x.shape[1]):
        squared[some] = exact(x[row[some]], y[column[some]])
    return squared


def pieces(rows: int, columns: int) -> Iterator[slice]:
    """Yield slices of ``rows`` rows so that ``columns`` float64 values a row fit in a chunk."""
    size = max(1, CHUNK_BYTES // (8 * columns))
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))


class Pairs:
    """Rounded squared distances between rows of ``x`` and ``y``, and how far they may be off.

    They are in units of ``unit``, a power of 4 that keeps float32 in its range, as are the squared
    lengths ``x2`` and ``y2`` about the mean of y.
    """

    def __init__(self, x: Tensor, y: Tensor) -> None:
        self._x, self._y, self._mean = x, y, y.mean(0)
        ends = [end - self._mean for side in (x, y) for end in (side.amin(0), side.amax(0))]
        power = math.frexp(float(torch.cat(ends).abs().max()))[1]
        self._scale = 2.0 ** -min(max(power, -500), 500)  # beyond, no squares are float64 either
        self.unit = self._scale**-2
        self._kept: dict[torch.dtype, tuple[Tensor, Tensor, Tensor]] = {}
        # a length of almost 0 is raised here so that the bounds hold below float32's range too
        self.x2, self.y2 = (
            torch.cat([rows.square().sum(1) for _, rows in self._scaled(side)]).clamp_(2.0**-100)
            for side in (x, y)
        )

    def _scaled(self, side: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """Yield ``(rows, centred and scaled [rows, D])``."""
        for part in pieces(len(side), 16 * side.shape[1]):
            yield part, (side[part] - self._mean) * self._scale

    def attempts(self, part: slice) -> Iterator[tuple[Tensor, float]]:
        """Yield the squared distances of some rows to all columns, in float32, then in float64.

        ``part`` is one of ``pieces``; the next call writes over what the last one yielded.
        With each comes c: a distance d^2 is off by c (8 min(x2, y2) + 2 d^2) at most. A product of
        D + 2 terms whose factors are rounded too is off by c (|x| + |y|)^2, with 2 (D + 8) unit
        roundoffs for c, and the longer of x and y is the shorter + d at most.
        """
        for dtype in (torch.float32, torch.float64):
            share = (self._x.shape[1] + 8) * torch.finfo(dtype).eps
            if dtype == torch.float64 or self._float32(share):
                left, right, chunk = self._factors(dtype)
                rows = left[part]
                yield torch.mm(rows, right.T, out=chunk[: len(rows)]), share

    def _float32(self, share: float) -> bool:
        """Return whether float32 products are that, and precise enough for the bounds."""
        plain = torch.get_float32_matmul_precision() == "highest"
        return not self._x.is_cuda and plain and share < 0.1

    def _factors(self, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
        """Return ``[-2 x, 1, |x|^2]``, ``[y, |y|^2, 1]`` and room for a chunk of their product."""
        if dtype not in self._kept:
            left, right = (
                torch.ones(len(side), side.shape[1] + 2, dtype=dtype, device=side.device)
                for side in (self._x, self._y)
            )
            for part, rows in self._scaled(self._x):
                left[part, :-2] = -2 * rows
                left[part, -1] = rows.square().sum(1)
            for part, rows in self._scaled(self._y):
                right[part, :-2] = rows
                right[part, -2] = rows.square().sum(1)
            largest = next(pieces(len(left), len(right))).stop
            self._kept[dtype] = left, right, left.new_empty(largest, len(right))
        return self._kept[dtype]


def marked(mask: Tensor) -> tuple[Tensor, Tensor]:
    """Return ``mask.nonzero(as_tuple=True)``, several times faster where little is true."""
    flat = mask.flatten()
    whole = len(flat) // 8 * 8
    eights = flat[:whole].view(torch.int64).nonzero()[:, 0]
    eight = torch.arange(8, device=mask.device)
    rest = torch.arange(whole, len(flat), device=mask.device)
    at = torch.cat([(8 * eights[:, None] + eight).flatten(), rest])
    at = at[flat[at]]
    return at // mask.shape[1], at % mask.shape[1]


def near(
    x: Tensor, y: Tensor, k: int, itself: bool = True
) -> Iterator[tuple[slice, Tensor, Tensor, Tensor]]:
    """Yield ``(rows, squared [rows, len(y)], row, column)`` over chunks of the rows of ``x``.

    Among the pairs of ``row`` (rising, counted from the chunk's first) and ``column`` are the k
    nearest of each row, with all that rounding cannot tell from them. Unless ``itself``, x is y and
    a row is none of its own neighbours.
    """
    pairs = Pairs(x, y)
    groups = min(len(y), GROUPS * k)
    for part in pieces(len(x), len(y)):
        for squared, share in pairs.attempts(part):
            if not itself:
                squared.diagonal(part.start).fill_(torch.inf)
            # the k least of groups' minima bound the k least of all from above
            grouped = squared[:, : len(y) // groups * groups].unflatten(1, (-1, groups))
            kth = grouped.amin(1).kthvalue(k, dim=1).values.clamp_(min=0)
            reach = kth + share * (6 * kth + 20 * pairs.x2[part])  # (1 + 2c) / (1 - 2c) < 1 + 5c
            row, column = marked(squared <= reach.to(squared.dtype)[:, None])
            if len(row) - k * len(squared) <= squared.numel() // CROWDED:
                break
        yield part, squared, row, column


def balls(x: Tensor, k: int) -> Iterator[tuple[slice, Tensor, Tensor, Tensor, Tensor]]:
    """Yield ``(rows, row, column, squared, squared_radii [rows])`` over chunks of rows of ``x``.

    The ball of a row reaches to its k-th nearest other row. Among the pairs of ``row`` (counted
    from the chunk's first) and ``column``, at the exact distance ``squared``, are all that are in
    it; a ball of radius 0 may have none.
    """
    for part, squared, row, column in near(x, x, k, itself=False):
        if len(row) > 2 * k * len(squared):  # perhaps of many copies: the radius is 0
            first = squared.topk(k, dim=1, largest=False).indices.flatten()
            own = torch.arange(len(squared), device=x.device).repeat_interleave(k)
            apart = between(x[part], x, own, first).view(-1, k).amax(1) > 0
            row, column = row[apart[row]], column[apart[row]]
        sizes = torch.bincount(row, minlength=len(squared))
        place = torch.arange(len(row), device=x.device) - (sizes.cumsum(0) - sizes)[row]
        table = x.new_full((len(squared), max(k, int(sizes.max()))), torch.inf)
        true = between(x[part], x, row, column)
        table[row, place] = true
        yield part, row, column, true, table.kthvalue(k, dim=1).values.where(sizes > 0, 0)


def radii(x: Tensor, k: int) -> Tensor:
    """Return the squared distance of each row to its k-th nearest other row, ``[N]``."""
    squared_radii = torch.zeros(len(x), dtype=x.dtype, device=x.device)
    for part, _, _, _, found in balls(x, k):
        squared_radii[part] = found
    return squared_radii


def held(
    squared: Tensor, share: float, squared_radii: Tensor, x2: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return ``row`` and ``column`` of each pair that may be a ball and a point in it, and if sure.

    The centres of the balls have the squared lengths ``x2``; both are in units of ``Pairs`` and
    broadcast to ``squared``. Where it is not sure, the point is near the edge or on it.
    """
    off = share * (8 * x2 + 4 * squared_radii)
    low, high = ((squared_radii + sign * off).to(squared.dtype) for sign in (-1, 1))
    row, column = marked(squared <= high)
    return row, column, squared[row, column] < low.expand_as(squared)[row, column]
