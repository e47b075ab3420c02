"""Aggregates of values over seeds, along the last axis. Values may be infinite.

Agarwal et al. 2021 (arXiv:2108.13264): the interquartile mean. An infinite value is the worst value
of a failed seed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


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


def mean(values: Values) -> Values:
    """Return the mean along the last axis."""
    return values.mean(-1)
