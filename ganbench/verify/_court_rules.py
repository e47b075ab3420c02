"""What the court asks of a curve of scores: pure functions ``values [points] -> bool``.

The kinds and their thresholds are those of Räisä et al. 2025 (ICML): a score that should be 1 may
be off by 0.05, one that should be 0 may reach 0.05, a curve that should be level may vary by 0.05,
and a bell must rise by 0.2 from both ends to the middle, which is within 0.1 of its top.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

NEAR = 0.05
RISE = 0.2
TOP = 0.1
EPS = 1e-9  # scores are sums of shares: a threshold that is met exactly is met


@dataclass(frozen=True)
class Rule:
    """One demand on a curve; ``passes`` is false wherever a value is NaN."""

    kind: str
    passes: Callable[[np.ndarray], bool]


def level(*at: int, wanted: float = 1.0) -> Rule:
    """Return the rule that the points are within 0.05 of ``wanted``; 1: identical distributions."""
    index = list(at)
    kind = "identical" if wanted == 1 else f"level {wanted:g}"
    return Rule(kind, lambda v: bool((np.abs(v[index] - wanted) <= NEAR + EPS).all()))


def zero(*at: int) -> Rule:
    """Return the rule that the points are at most 0.05: distributions that share nothing."""
    index = list(at)
    return Rule("zero", lambda v: bool((v[index] <= NEAR + EPS).all()))


def bell() -> Rule:
    """Return the rule that the middle is 0.2 above both ends and within 0.1 of the top."""

    def passes(v: np.ndarray) -> bool:
        middle = v[len(v) // 2]
        rises = middle - max(v[0], v[-1]) >= RISE - EPS
        return bool(rises and middle >= v.max() - TOP - EPS)

    return Rule("bell", passes)


def fall() -> Rule:
    """Return the rule of half a bell: the start is 0.2 above the end and within 0.1 of the top."""

    def passes(v: np.ndarray) -> bool:
        return bool(v[0] - v[-1] >= RISE - EPS and v[0] >= v.max() - TOP - EPS)

    return Rule("fall", passes)


def line(wanted: Sequence[float] | None = None) -> Rule:
    """Return the rule that values less ``wanted`` (none: 0) have a range of at most 0.05."""
    shape = 0.0 if wanted is None else np.asarray(wanted, float)
    return Rule("line", lambda v: bool(np.ptp(v - shape) <= NEAR + EPS))
