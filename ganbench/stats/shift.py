"""By how much two groups of seeds differ, and what difference so many seeds can show.

Hodges & Lehmann 1963: the median of all pairwise differences, with the interval that inverts the
Mann-Whitney test. Where all values are positive, differences are of logarithms, and mean factors.
"""

from __future__ import annotations

import itertools
import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ganbench.stats.aggregate import Values
from ganbench.stats.compare import ALPHA
from ganbench.stats.profiles import _differences

EFFICIENCY = 3 / math.pi  # of Mann and Whitney's test against Student's, for normal values
MOST_SEEDS = 10_000
NODES = 256  # of the integral behind power


class Shift(NamedTuple):
    """The difference of x from y, ``low`` and ``high`` the ends of its interval; NaN for none."""

    estimate: float
    low: float
    high: float


def hodges_lehmann(x: Values, y: Values, level: float = 0.95) -> Shift:
    """Return the median of the differences of all pairs, and its interval.

    So few seeds that no interval is possible have NaN ends.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    differences = np.sort(_differences(x, y).ravel())
    size = len(differences)
    middle = differences[(size - 1) // 2], differences[size // 2]
    estimate = middle[0] if middle[0] == middle[1] else sum(middle) / 2
    cut = _cut(len(x), len(y), (1 - level) / 2)
    if cut < 1:
        return Shift(float(estimate), math.nan, math.nan)
    return Shift(float(estimate), float(differences[cut - 1]), float(differences[size - cut]))


@lru_cache(maxsize=256)
def _cut(n: int, m: int, tail: float) -> int:
    """Return the largest c with P(U <= c - 1) <= tail for Mann and Whitney's U."""
    if n * m > 2_500:  # the normal law, with its correction for continuity
        from scipy.special import ndtri

        spread = math.sqrt(n * m * (n + m + 1) / 12)
        return max(0, math.floor(n * m / 2 + ndtri(tail) * spread + 0.5))
    cumulative = np.cumsum(_arrangements(n, m)) / math.comb(n + m, n)
    return int((cumulative <= tail * (1 + 1e-12)).sum())


def _arrangements(n: int, m: int) -> np.ndarray:
    """Return how many arrangements of n and m things have each value of U, ``[n m + 1]``.

    The coefficients of the Gaussian binomial coefficient: the product of (1 - q^(m+i)) / (1 - q^i).
    """
    counts = np.zeros(n * m + 1, dtype=object)
    counts[0] = 1
    for i in range(1, n + 1):
        for k in range(n * m, m + i - 1, -1):
            counts[k] -= counts[k - m - i]
        for k in range(i, n * m + 1):
            counts[k] += counts[k - i]
    return counts


def power(effect: float, n: int, alpha: float = ALPHA) -> float:
    """Return how often n seeds a side show a difference of ``effect`` standard deviations.

    Of the two-sided Mann-Whitney test, as Student's with 3 / pi of the seeds (Lehmann 1975).
    """
    from scipy.special import gammaincinv, ndtr, stdtrit

    freedom = 2 * n - 2
    if freedom < 1:
        return 0.0
    critical = -stdtrit(freedom, alpha / 2)
    moved = effect * math.sqrt(n * EFFICIENCY / 2)
    # the mean over the estimated spread, whose law is that of a root of chi square (scipy's
    # noncentral t is NaN in places)
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    spread = np.sqrt(gammaincinv(freedom / 2, (nodes + 1) / 2) / (freedom / 2))
    beyond = ndtr(moved - critical * spread) + ndtr(-moved - critical * spread)
    return float(weights @ beyond / 2)


@lru_cache(maxsize=256)
def detectable(n: int, alpha: float = ALPHA, wanted: float = 0.8) -> float:
    """Return the least difference that n seeds a side show with probability ``wanted``.

    In standard deviations between seeds; infinite where no p-value can be below ``alpha``.
    """
    from scipy.optimize import brentq

    if 2 / math.comb(2 * n, n) >= alpha:
        return math.inf
    most = 1.0
    while power(most, n, alpha) < wanted:
        most *= 2
    return float(brentq(lambda effect: power(effect, n, alpha) - wanted, 0, most))


def seeds_to_show(effect: float, alpha: float = ALPHA, wanted: float = 0.8) -> int:
    """Return the seeds a side that show ``effect`` standard deviations with probability ``wanted``.

    Raises:
        ValueError: no difference, or one that more than 10,000 seeds do not show.
    """
    if not effect > 0:
        raise ValueError(f"effect is {effect}: more than 0 needed")
    for n in itertools.chain(range(2, 200), range(200, MOST_SEEDS, 50)):
        if 2 / math.comb(2 * n, n) < alpha and power(effect, n, alpha) >= wanted:
            return n
    raise ValueError(f"effect is {effect}: more than {MOST_SEEDS:,} seeds needed")


def sign_flip_p(differences: Values, draws: int = 100_000, seed: int = 0) -> float:
    """Return the two-sided p-value of paired ``differences [N]``: their signs are exchangeable.

    All 2^N signs for up to 16 pairs, else seeded draws, of which the observed one is a part.
    """
    differences = np.asarray(differences, float)
    n, observed = len(differences), abs(float(np.sum(differences)))
    if n <= 16:
        signs = np.array(list(itertools.product((1.0, -1.0), repeat=n)))
        as_large = np.abs(signs @ differences) >= observed * (1 - 1e-12)
        return float(as_large.mean())
    rng = np.random.default_rng(seed)
    count = 1
    for size in itertools.repeat(1_000, draws // 1_000):
        signs = rng.choice((1.0, -1.0), size=(size, n))
        count += int((np.abs(signs @ differences) >= observed * (1 - 1e-12)).sum())
    return count / (draws // 1_000 * 1_000 + 1)
