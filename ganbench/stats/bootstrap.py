"""Bootstrap intervals of a statistic over seeds, and over seeds within tasks.

Efron 1987 (BCa); Hesterberg 2015, "What Teachers Should Know About the Bootstrap", section 3.3:
percentile intervals of few values are too narrow, and are widened from normal to Student quantiles.
Agarwal et al. 2021 (arXiv:2108.13264): seeds are resampled within each task (stratified).

How often 95 % intervals of an IQM hold the true one, in 4,000 simulations each (normal, lognormal
and Student t(3) values): 0.94 with 5 seeds, 0.95 with 7, 0.96 with 10, 0.96 with 20; unwidened
0.90, 0.91, 0.94, 0.95. With 3 seeds 0.75 both ways: no interval lies outside its values.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ganbench.stats.aggregate import Values, iqm

Statistic = Callable[[Values], Values]

AT_A_TIME = 50_000  # values that are resampled at a time: they stay in the processor's cache


@lru_cache(maxsize=4)
def resamples(n: int, draws: int, seed: int) -> NDArray[np.int64]:
    """Return bootstrap indices ``[draws, n]``, which cannot be written to."""
    indices = np.random.default_rng(seed).integers(n, size=(draws, n))
    indices.flags.writeable = False
    return indices


def resampled(values: Values, statistic: Statistic, draws: int, seed: int) -> Values:
    """Return ``statistic`` of each bootstrap sample of ``values [N]``, ``[draws]``."""
    indices = resamples(len(values), draws, seed)
    parts = np.array_split(indices, math.ceil(indices.size / AT_A_TIME))
    return np.concatenate([statistic(values[part]) for part in parts])


def draws_outside(level: float, draws: int) -> int:
    """Return how many of ``draws`` sorted draws lie below (and above) the percentile interval."""
    return int(round((1 - level) / 2 * draws, 6))


def widened(level: float, n: int) -> float:
    """Return the level of the percentile interval of ``n`` values that is right at ``level``.

    Its normal quantile is Student's with n - 1 degrees of freedom.
    """
    from scipy.special import ndtr, stdtrit

    return 1 - 2 * float(ndtr(stdtrit(n - 1, (1 - level) / 2)))


def ends(drawn: Values, level: float, n: int) -> tuple[float, float]:
    """Return the ends of the widened percentile interval of draws from ``n`` values."""
    ordered = np.sort(drawn)
    wide = n > 1 and level < 1
    outside = draws_outside(widened(level, n) if wide else level, len(ordered))
    return float(ordered[outside]), float(ordered[-1 - outside])


def interval(
    values: Values,
    statistic: Statistic = iqm,
    level: float = 0.95,
    draws: int = 10_000,
    seed: int = 0,
    method: Literal["widened", "percentile", "bca"] = "widened",
) -> tuple[float, float]:
    """Return the bootstrap interval of ``statistic`` over ``values [N]``.

    Args:
        statistic: ``[..., N] -> [...]``.
        level: how often the interval is to hold the statistic of all seeds there could be.
        method: ``bca`` for smooth statistics of finite values, such as a mean, of about 20 or more
            skewed values; one value has no other interval than itself.

    Raises:
        ValueError: no values, or an infinite one with ``bca``.
    """
    values = np.asarray(values, float)
    if len(values) == 0:
        raise ValueError("values is empty: at least 1 needed")
    if method == "bca":
        return _bca(values, statistic, level, draws, seed)
    drawn = resampled(values, statistic, draws, seed)
    return ends(drawn, level, len(values) if method == "widened" else 1)


def _bca(
    values: Values, statistic: Statistic, level: float, draws: int, seed: int
) -> tuple[float, float]:
    """Return the bias-corrected and accelerated interval. Efron 1987, section 3."""
    from scipy.special import ndtr, ndtri

    if not np.isfinite(values).all():
        raise ValueError("values are not all finite: take the percentile interval")
    if (values == values[0]).all():
        return float(values[0]), float(values[0])
    n, point = len(values), statistic(values)
    drawn = np.sort(resampled(values, statistic, draws, seed))
    below = ((drawn < point).mean() + (drawn <= point).mean()) / 2
    bias = ndtri(np.clip(below, 0.5 / draws, 1 - 0.5 / draws))
    without = statistic(np.stack([np.delete(values, i) for i in range(n)]))
    off = without.mean() - without
    spread = float((off**2).sum())
    acceleration = float((off**3).sum()) / (6 * spread**1.5) if spread else 0.0
    found = []
    for z in (ndtri((1 - level) / 2), ndtri((1 + level) / 2)):
        share = ndtr(bias + (bias + z) / (1 - acceleration * (bias + z)))
        found.append(float(np.quantile(drawn, share)))
    return found[0], found[1]


def across_tasks(
    values: Values,
    statistic: Statistic = iqm,
    level: float = 0.95,
    draws: int = 10_000,
    seed: int = 0,
) -> tuple[float, float, float]:
    """Return ``statistic`` over all ``values [seeds, tasks]``, and its stratified interval.

    The seeds of each task are resampled by themselves, and the statistic is of all S T values.

    Raises:
        ValueError: no values.
    """
    values = np.asarray(values, float)
    if values.size == 0:
        raise ValueError("values is empty: at least 1 needed")
    seeds, tasks = values.shape
    rng = np.random.default_rng(seed)
    drawn = np.empty(draws)
    piece = max(1, AT_A_TIME // values.size)
    for start in range(0, draws, piece):
        size = min(piece, draws - start)
        rows = rng.integers(seeds, size=(size, seeds, tasks))
        sample = np.take_along_axis(values[None], rows, axis=1)
        drawn[start : start + size] = statistic(sample.reshape(size, -1))
    return float(statistic(values.ravel())), *ends(drawn, level, seeds)
