"""Methods over several tasks: normalised values, performance profiles, who improves on whom.

Dolan & Moré 2002; Agarwal et al. 2021 (arXiv:2108.13264), sections 4.2 and 4.3.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ganbench.stats.aggregate import Values
from ganbench.stats.bootstrap import ends


def normalised(values: Values, control: Values | float, floor: Values | float) -> Values:
    """Return ``(control - value) / (control - floor)``: 0 as the control, 1 as real data.

    Args:
        values: ``[seeds, tasks]`` or any shape; an infinite one gives minus infinity.
        control, floor: of each task ``[tasks]``, or one number.

    Raises:
        ValueError: a task whose control is as good as its floor.
    """
    control, floor = np.asarray(control, float), np.asarray(floor, float)
    if (control == floor).any():
        raise ValueError("the control is as good as the floor: no scale between them")
    return np.asarray((control - values) / (control - floor), float)


def performance_profile(values: Values, thresholds: Values, higher: bool = True) -> Values:
    """Return the share of ``values [seeds, tasks]`` at or beyond each threshold, ``[thresholds]``.

    A task counts as much as another, however many seeds it has; a missing seed is NaN and not
    counted, a failed one is the worst value.
    """
    values = np.asarray(values, float).reshape(len(values), -1)
    limits = np.asarray(thresholds, float)[:, None, None]
    beyond = values >= limits if higher else values <= limits
    seen = ~np.isnan(values)
    return np.asarray((beyond & seen).sum(1) / seen.sum(0)).mean(1)


def probability_of_improvement(x: Values, y: Values, higher: bool = False) -> float:
    """Return how likely a seed of ``x`` is better than one of ``y``; equal values count half.

    That is Mann & Whitney's U over N M.
    """
    from scipy.stats import rankdata

    ranks = rankdata(np.concatenate([x, y] if higher else [-np.asarray(x), -np.asarray(y)]))
    n, m = len(x), len(y)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def improvement_interval(
    x: Values,
    y: Values,
    higher: bool = False,
    level: float = 0.95,
    draws: int = 2_000,
    seed: int = 0,
) -> tuple[float, float]:
    """Return the bootstrap interval of ``probability_of_improvement``, both resampled."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    sign = 1 if higher else -1
    better = np.sign(sign * _differences(x, y)) / 2 + 0.5  # [N, M]
    i, j = _weights(len(x), len(y), draws, seed)
    return ends((i @ better * j).sum(1) / better.size, level, min(len(x), len(y)))


@lru_cache(maxsize=16)
def _weights(n: int, m: int, draws: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return how often each of n and of m values is in each bootstrap sample, ``[draws, size]``."""
    rng = np.random.default_rng(seed)
    weights = [rng.multinomial(size, np.full(size, 1 / size), size=draws) for size in (n, m)]
    return weights[0].astype(float), weights[1].astype(float)


def _differences(x: Values, y: Values) -> Values:
    """Return ``x - y`` of all pairs ``[N, M]``; two equal infinite values differ by 0."""
    with np.errstate(invalid="ignore"):
        return np.where(x[:, None] == y, 0.0, x[:, None] - y)
