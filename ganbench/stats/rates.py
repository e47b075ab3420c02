"""Rates, such as that of collapsed seeds: exact intervals, and a test of two with its power.

Clopper & Pearson 1934; Fisher's exact test. With 0 failures of n seeds the failure rate may still
be 3 / n (Hanley & Lippman-Hand 1983).
"""

from __future__ import annotations

import numpy as np


def clopper_pearson(count: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a rate of which ``count`` of ``n`` seeds were seen.

    It holds the true rate at least as often as ``level`` says.

    Raises:
        ValueError: not 0 <= count <= n, or no seeds.
    """
    from scipy.stats import beta

    if not (0 <= count <= n and n > 0):
        raise ValueError(f"count is {count} of {n}: 0 to n of at least 1 needed")
    tail = (1 - level) / 2
    low = 0.0 if count == 0 else float(beta.ppf(tail, count, n - count + 1))
    high = 1.0 if count == n else float(beta.ppf(1 - tail, count + 1, n - count))
    return low, high


def fisher_p(count: int, n: int, other_count: int, other_n: int) -> float:
    """Return the two-sided p-value of Fisher's exact test of two rates."""
    from scipy.stats import fisher_exact

    table = [[count, n - count], [other_count, other_n - other_count]]
    return float(fisher_exact(table).pvalue)


def fisher_power(rate: float, other_rate: float, n: int, alpha: float = 0.05) -> float:
    """Return how often Fisher's test of ``n`` seeds a side finds that two true rates differ.

    Exact: the probability of all pairs of counts whose p-value is below ``alpha``.
    """
    from scipy.stats import binom

    counts = range(n + 1)
    found = np.array([[fisher_p(i, n, j, n) < alpha for j in counts] for i in counts])
    weights = np.outer(binom.pmf(counts, n, rate), binom.pmf(counts, n, other_rate))
    return float(weights[found].sum())
