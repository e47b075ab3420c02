"""How likely real samples are to miss modes: what a loss of modes has to be judged against."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ganbench.stats.aggregate import Values

DRAWS = 4_000  # a probability of 1 % is known to 0.16 %


def p_lost(lost: int, frequencies: Values, n: int) -> float:
    """Return the probability that ``n`` real samples miss at least ``lost`` modes.

    By simulation: the share of 4,000 seeded draws of n samples in which as many are missing.

    Args:
        lost: modes that a generator's samples miss.
        frequencies: of the modes among real samples ``[K]``; those of 0 do not count.
        n: samples.
    """
    present = frequencies[frequencies > 0]
    missing = _missing(tuple((present / present.sum()).tolist()), n)
    return float((missing >= lost).mean())


@lru_cache(maxsize=4096)
def _missing(frequencies: tuple[float, ...], n: int) -> np.ndarray:
    """Return how many modes are missing in each draw."""
    counts = np.random.default_rng(0).multinomial(n, frequencies, size=DRAWS)
    return np.asarray((counts == 0).sum(1))
