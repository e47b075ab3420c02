"""The Gaussian kernel exp(-|x - y|^2 / (2 sigma^2)), and how wide it is taken."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ganbench.core.lazy import np, torch

if TYPE_CHECKING:
    from torch import Tensor

SAMPLE, SEED = 1_000, 0  # rows whose distances decide the width
SCALE = 0.5  # of the median distance


def positive(value: Any, name: str) -> float:
    """Return a number checked to be positive and finite.

    Raises:
        ValueError: it is not.
    """
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not 0 < value < math.inf:
        raise ValueError(f"{name} is {value!r}: a positive number needed")
    return float(value)


def scaled(x: Tensor, sigma: float) -> Tensor:
    """Return rows about their mean in units in which the kernel is exp(-|x - y|^2)."""
    return (x - x.mean(0)) / (2**0.5 * sigma)


def squared(x: Tensor, y: Tensor) -> Tensor:
    """Return the squared distances ``[N, M]``, at least 0."""
    lengths = x.square().sum(1)[:, None] + y.square().sum(1)
    return torch.addmm(lengths, x, y.T, alpha=-2).clamp_(min=0)


def tiles(x: Tensor, rows: int) -> Iterator[tuple[Tensor, int]]:
    """Yield squared distances between tiles of ``x``, and how often each pair of tiles occurs.

    Of two tiles that mirror each other only one comes, with 2; the diagonal is exactly 0.
    """
    parts = x.split(rows)
    for i, part in enumerate(parts):
        yield squared(part, part).fill_diagonal_(0), 1
        for later in parts[i + 1 :]:
            yield squared(part, later), 2


def bandwidth(real: Tensor, scale: float) -> float:
    """Return sigma: ``scale`` times the median distance between two real samples.

    Over all pairs of a seeded subset of 1,000 samples.

    Raises:
        ValueError: scale not positive, or most pairs of real samples are copies.
    """
    positive(scale, "scale")
    order = np.random.default_rng(SEED).permutation(len(real))[:SAMPLE]
    median = float(torch.pdist(real[torch.from_numpy(order).to(real.device)]).median())
    if median == 0:
        raise ValueError("real holds copies in most pairs of samples: their median distance is 0")
    return scale * median
