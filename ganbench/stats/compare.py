"""Ranks of variants with intervals, and corrected tests against a baseline."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ganbench.stats.aggregate import Values, median, resamples


def order(values: Values, higher_is_better: bool) -> NDArray[np.float64]:
    """Return ranks along the last axis, 1 the best; equal values share the mean of their ranks."""
    from scipy.stats import rankdata

    return rankdata(-values if higher_is_better else values, axis=-1)


def ranks(
    groups: Sequence[Values],
    higher_is_better: bool,
    level: float = 0.95,
    draws: int = 2_000,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Return ``[variants, 3]``: the rank by median, and its bootstrap interval.

    Args:
        groups: the values of each variant over its seeds; the seeds of each are resampled
            independently of the others'.
    """
    point = order(np.array([median(g) for g in groups]), higher_is_better)
    drawn = [
        median(g[resamples(len(g), draws, seed + i)]) for i, g in enumerate(groups)
    ]
    found = np.sort(order(np.stack(drawn, axis=-1), higher_is_better), axis=0)
    tail = (1 - level) / 2
    low, high = int(np.floor(tail * draws)), int(np.ceil((1 - tail) * draws)) - 1
    return np.stack([point, found[low], found[high]], axis=1)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's step-down correction of ``p_values``. Holm 1979."""
    p = np.asarray(p_values, float)
    ascending = np.argsort(p)
    factors = len(p) - np.arange(len(p))
    adjusted = np.empty(len(p))
    adjusted[ascending] = np.minimum(np.maximum.accumulate(p[ascending] * factors), 1.0)
    return adjusted.tolist()


def against(baseline: Values, groups: Sequence[Values]) -> list[float]:
    """Return Holm-corrected two-sided Mann-Whitney p-values of each group against ``baseline``.

    The test reads ranks alone, so that failed seeds count as the worst without having a number.
    With three seeds a side no p-value can be below 0.1.
    """
    from scipy.stats import mannwhitneyu

    raw = [float(mannwhitneyu(g, baseline, alternative="two-sided").pvalue) for g in groups]
    return holm(raw)
