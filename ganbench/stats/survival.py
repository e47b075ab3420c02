"""Time to a threshold, where some seeds never reach it. Kaplan & Meier 1958."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ganbench.stats.aggregate import Values


class Reached(NamedTuple):
    """Estimates at each time at which a seed reached the threshold.

    Attributes:
        times: ``[T]``, ascending.
        share: of seeds that have reached it by then ``[T]``, 1 - the Kaplan-Meier estimate.
        low, high: its pointwise 95 % interval, from the log-log transformation of Greenwood's
            variance.
    """

    times: Values
    share: Values
    low: Values
    high: Values


def time_to(times: Values, reached: np.ndarray, level: float = 0.95) -> Reached:
    """Return the share of seeds that have reached a threshold, over time.

    Args:
        times: at which each seed reached it, or until which it was watched ``[N]``.
        reached: which of them did ``[N]``; the others are censored.

    Raises:
        ValueError: no seeds, or a time that is not finite.
    """
    from scipy.special import ndtri

    times, reached = np.asarray(times, float), np.asarray(reached, bool)
    if len(times) == 0 or not np.isfinite(times).all():
        raise ValueError("times: at least 1 needed, all of them finite")
    places = np.unique(times[reached])
    watched = np.array([(times >= t).sum() for t in places], float)
    events = np.array([(reached & (times == t)).sum() for t in places], float)
    left = np.cumprod(1 - events / watched)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(events / (watched * (watched - events)))
        spread = ndtri((1 + level) / 2) * np.sqrt(greenwood) / np.abs(np.log(left))
        low, high = (1 - left ** np.exp(sign * spread) for sign in (-1, 1))
    whole = left == 0  # all have reached it: no interval
    low, high = np.where(whole, math.nan, low), np.where(whole, math.nan, high)
    return Reached(places, 1 - left, low, high)


def median_time(times: Values, reached: np.ndarray) -> float:
    """Return the time by which half of the seeds have reached a threshold; infinite if never."""
    found = time_to(times, reached)
    at_half = np.flatnonzero(found.share >= 0.5)
    return float(found.times[at_half[0]]) if len(at_half) else math.inf
