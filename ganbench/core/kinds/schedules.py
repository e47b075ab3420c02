"""Schedules: hyper-parameters as functions of the share of the budget that is spent.

Wherever a method declares a number (a weight, a learning rate), a schedule may stand in its place:
``Penalty(r1, weight=Anneal(0.05, 0.005))``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Anneal:
    """A hyper-parameter that goes from ``start`` to ``end`` along half a cosine."""

    start: float
    end: float

    def __call__(self, progress: float) -> float:
        """Return the value at ``progress``, the share (0-1) of the budget that is spent."""
        phase = min(progress, 1.0)
        return self.end + (self.start - self.end) * 0.5 * (1 + math.cos(math.pi * phase))


@dataclass(frozen=True)
class Decay:
    """A hyper-parameter that goes from ``start`` to ``end`` by equal factors."""

    start: float
    end: float

    def __call__(self, progress: float) -> float:
        """Return the value at ``progress``, the share (0-1) of the budget that is spent."""
        return float(self.start * (self.end / self.start) ** min(progress, 1.0))


@dataclass(frozen=True)
class Line:
    """A hyper-parameter that goes from ``start`` to ``end`` along a straight line."""

    start: float
    end: float

    def __call__(self, progress: float) -> float:
        """Return the value at ``progress``, the share (0-1) of the budget that is spent."""
        return self.start + (self.end - self.start) * min(progress, 1.0)


Schedule = Anneal | Decay | Line
Value = float | Schedule  # of a hyper-parameter


def first_value(value: Value) -> float:
    """Return the number itself, or the value that a schedule starts from."""
    return value.start if isinstance(value, Schedule) else value
