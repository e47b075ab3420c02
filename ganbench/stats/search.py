"""What a search for hyper-parameters brings: by how many tries, and how much of the spread it is.

Dodge et al. 2019, "Show Your Work" (arXiv:1909.03004), equation 4: the expected best of n tries
drawn with replacement from those that were made. Reports compare methods at equal n.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ganbench.stats.aggregate import Values
from ganbench.stats.bootstrap import draws_outside


def expected_best(values: Values, tries: int) -> float:
    """Return the expected least of ``tries`` of ``values [N]``, drawn with replacement.

    Lower is better; an infinite value is a try that failed.

    Raises:
        ValueError: no values, or fewer than 1 try.
    """
    ordered = np.sort(np.asarray(values, float))
    if len(ordered) == 0 or tries < 1:
        raise ValueError(f"{len(ordered)} values and {tries} tries: at least 1 of both needed")
    above = (1 - np.arange(len(ordered) + 1) / len(ordered)) ** tries  # P(all are above the i-th)
    weights = above[:-1] - above[1:]
    return float(ordered[weights > 0] @ weights[weights > 0])


def expected_best_curve(
    values: Values, tries: int, level: float = 0.95, draws: int = 1_000, seed: int = 0
) -> np.ndarray:
    """Return ``[tries, 3]``: the expected best of 1, 2, ... tries, and its bootstrap interval."""
    values = np.asarray(values, float)
    indices = np.random.default_rng(seed).integers(len(values), size=(draws, len(values)))
    outside = draws_outside(level, draws)
    rows = []
    for n in range(1, tries + 1):
        drawn = np.sort([expected_best(values[index], n) for index in indices])
        rows.append([expected_best(values, n), drawn[outside], drawn[-1 - outside]])
    return np.array(rows)


def share_between(levels: np.ndarray, values: Values) -> float:
    """Return the share (0-1) of the spread of ``values [N]`` between ``levels [N]``: eta squared.

    Of nothing, or of values that are all equal, it is NaN.
    """
    values = np.asarray(values, float)
    total = float(((values - values.mean()) ** 2).sum()) if len(values) else 0.0
    if total == 0:
        return float("nan")
    groups = [values[levels == level] for level in np.unique(levels)]
    return sum(len(v) * float(v.mean() - values.mean()) ** 2 for v in groups) / total


def variance_shares(values: Mapping[str, Mapping[Any, Sequence[float]]]) -> dict[str, float]:
    """Return the shares (0-1) of the spread that methods, hyper-parameters and seeds make.

    Sums of squares of ``values[method][setting]``, one for each seed, nested: methods around the
    mean of all, settings around their method, seeds around their setting. A method and a setting
    weigh as many values as they have.

    Raises:
        ValueError: a value that is not finite, or no spread at all.
    """
    groups = [(m, np.asarray(v, float)) for m, own in values.items() for v in own.values()]
    whole = np.concatenate([v for _, v in groups])
    if not np.isfinite(whole).all():
        raise ValueError("values are not all finite: leave out the tries that failed")
    total = float(((whole - whole.mean()) ** 2).sum())
    if total == 0:
        raise ValueError("all values are equal: there is no spread to share")
    seeds = sum(float(((v - v.mean()) ** 2).sum()) for _, v in groups)
    of_method = {m: np.concatenate([v for name, v in groups if name == m]) for m, _ in groups}
    methods = sum(len(v) * (v.mean() - whole.mean()) ** 2 for v in of_method.values())
    return {
        "method": float(methods) / total,
        "hyper-parameters": (total - float(methods) - seeds) / total,
        "seed": seeds / total,
    }
