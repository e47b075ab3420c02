"""Aggregates of one variant's values over seeds, and bootstrap intervals.

Agarwal et al. 2021 (arXiv:2108.13264): the interquartile mean as the aggregate, percentile
bootstrap intervals over runs. Values may be infinite (the worst value of a failed seed).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

AT_A_TIME = 50_000  # values that are resampled at a time: they stay in the processor's cache


def iqm(values: Values) -> Values:
    """Return the mean of the middle half along the last axis, ``[..., N] -> [...]``.

    ``floor(N / 4)`` values are cut at each end, as ``scipy.stats.trim_mean`` does; fewer than four
    values give the plain mean.
    """
    n = values.shape[-1]
    cut = n // 4
    return np.sort(values, axis=-1)[..., cut : n - cut].mean(-1)


def median(values: Values) -> Values:
    """Return the median along the last axis; infinite values are allowed."""
    n = values.shape[-1]
    ordered = np.sort(values, axis=-1)
    low, high = ordered[..., (n - 1) // 2], ordered[..., n // 2]
    return np.where(low == high, low, (low + high) / 2)


@lru_cache(maxsize=4)
def resamples(n: int, draws: int, seed: int) -> NDArray[np.int64]:
    """Return bootstrap indices ``[draws, n]``, which cannot be written to."""
    indices = np.random.default_rng(seed).integers(n, size=(draws, n))
    indices.flags.writeable = False
    return indices


def resampled(
    values: Values, statistic: Callable[[Values], Values], draws: int, seed: int
) -> Values:
    """Return ``statistic`` of each bootstrap sample of ``values [N]``, ``[draws]``."""
    indices = resamples(len(values), draws, seed)
    parts = np.array_split(indices, math.ceil(indices.size / AT_A_TIME))
    return np.concatenate([statistic(values[part]) for part in parts])


def draws_outside(level: float, draws: int) -> int:
    """Return how many of ``draws`` sorted draws lie below (and above) the percentile interval."""
    return int(round((1 - level) / 2 * draws, 6))


def interval(
    values: Values,
    statistic: Callable[[Values], Values] = iqm,
    level: float = 0.95,
    draws: int = 10_000,
    seed: int = 0,
) -> tuple[float, float]:
    """Return the percentile-bootstrap interval of ``statistic`` over ``values [N]``.

    Raises:
        ValueError: no values.
    """
    if len(values) == 0:
        raise ValueError("values is empty: at least 1 needed")
    drawn = np.sort(resampled(values, statistic, draws, seed))
    outside = draws_outside(level, draws)
    return float(drawn[outside]), float(drawn[-1 - outside])
