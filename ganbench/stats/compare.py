"""Ranks of variants with intervals, and corrected tests against a baseline."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ganbench.stats.aggregate import Values, median
from ganbench.stats.bootstrap import draws_outside, resampled

ALPHA = 0.05  # a p-value that cannot be below this says nothing, and is not given
FEW = 40  # seeds of both groups together, up to which p-values are exact


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
    drawn = [resampled(g, median, draws, seed + i) for i, g in enumerate(groups)]
    ordered = np.sort(order(np.stack(drawn, axis=-1), higher_is_better), axis=0)
    outside = draws_outside(level, draws)
    return np.stack([point, ordered[outside], ordered[-1 - outside]], axis=1)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's step-down correction of ``p_values``. Holm 1979."""
    p = np.asarray(p_values, float)
    ascending = np.argsort(p)
    factors = len(p) - np.arange(len(p))
    adjusted = np.empty(len(p))
    adjusted[ascending] = np.minimum(np.maximum.accumulate(p[ascending] * factors), 1.0)
    return adjusted.tolist()


def least_p(n: int, m: int, tests: int) -> float:
    """Return the smallest Holm-corrected p that ``tests`` tests of n against m seeds can reach.

    Two groups that do not overlap have the two-sided exact p-value 2 / binomial(n + m, n).
    """
    return min(1.0, tests * 2 / math.comb(n + m, n))


def seeds_needed(tests: int, alpha: float = ALPHA) -> int:
    """Return the fewest seeds a side with which one of ``tests`` tests can reach ``alpha``."""
    return next(n for n in itertools.count(1) if least_p(n, n, tests) < alpha)


def permutation_p(x: Values, y: Values) -> float:
    """Return the two-sided p-value of the rank sum of ``x`` among all partitions of both, exactly.

    Ways to choose so many of the seeds are counted by their number and the sum of their (doubled)
    ranks, one group of equal values after the other.
    """
    n, size = len(x), len(x) + len(y)
    doubled = (2 * order(np.concatenate([x, y]), higher_is_better=False)).astype(int)
    observed = int(doubled[:n].sum())
    ways = np.zeros((n + 1, int(np.sort(doubled)[size - n :].sum()) + 1))
    ways[0, 0] = 1
    for rank, equal in zip(*np.unique(doubled, return_counts=True), strict=True):
        before = ways.copy()
        for chosen in range(1, min(int(equal), n) + 1):
            sums = chosen * int(rank)
            if sums < ways.shape[1]:
                ways[chosen:, sums:] += math.comb(int(equal), chosen) * before[:-chosen, :-sums]
    fewest = min(ways[n, : observed + 1].sum(), ways[n, observed:].sum())
    return min(1.0, 2 * float(fewest / math.comb(size, n)))


def against(baseline: Values, groups: Sequence[Values]) -> list[float]:
    """Return Holm-corrected two-sided Mann-Whitney p-values of each group against ``baseline``.

    The test reads only ranks, so that failed seeds count as the worst without having a number.
    A p-value is NaN where so few seeds cannot reach 0.05 (``least_p``).
    """
    return corrected([(group, baseline) for group in groups])


def rank_sum_p(x: Values, y: Values) -> float:
    """Return the two-sided p-value of Mann and Whitney's test of ``x`` and ``y``."""
    from scipy.stats import mannwhitneyu

    # The normal law cannot reach the small p-values that many comparisons take, and scipy's exact
    # one knows no ties, which are common (modes, failed seeds).
    if min(len(x), len(y)) > 1 and len(x) + len(y) <= FEW:
        return permutation_p(x, y)
    return float(mannwhitneyu(x, y, alternative="two-sided").pvalue)


def corrected(pairs: Sequence[tuple[Values, Values]]) -> list[float]:
    """Return Holm-corrected p-values of ``pairs``; NaN where no p-value can reach 0.05."""
    enough = [least_p(len(x), len(y), len(pairs)) < ALPHA for x, y in pairs]
    if not any(enough):
        return [math.nan] * len(pairs)
    p_values = holm([rank_sum_p(x, y) for x, y in pairs])
    return [p if told else math.nan for p, told in zip(p_values, enough, strict=True)]


def simultaneous_ranks(groups: Sequence[Values], higher_is_better: bool) -> NDArray[np.float64]:
    """Return ``[variants, 2]``: the first and the last rank that no test excludes.

    All pairs are tested, corrected together: with probability 95 % all these intervals hold the
    true ranks at once. A variant's first rank is 1 + the number of those that are significantly
    better, its last one the number of all less those that are significantly worse. Mogstad et al.
    2024, "Inference for Ranks".
    """
    m = len(groups)
    pairs = list(itertools.combinations(range(m), 2))
    p_values = corrected([(groups[i], groups[j]) for i, j in pairs])
    limits = np.tile([1.0, float(m)], (m, 1))
    for (i, j), p in zip(pairs, p_values, strict=True):
        if p < ALPHA:
            both = order(np.concatenate([groups[i], groups[j]]), higher_is_better)
            first = both[: len(groups[i])].mean() < both[len(groups[i]) :].mean()
            better, worse = (i, j) if first else (j, i)
            limits[worse, 0] += 1
            limits[better, 1] -= 1
    return limits
