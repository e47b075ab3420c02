"""The noise between seeds, and bands of variants that it cannot tell apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ganbench.stats.aggregate import Values


@dataclass(frozen=True)
class Noise:
    """The spread between seeds of one variant, pooled over several variants.

    Attributes:
        sd: standard deviation of the values, or of their logarithms.
        freedom: its degrees of freedom.
        log: whether it is of logarithms.
    """

    sd: float
    freedom: int
    log: bool

    def scaled(self, values: Values) -> Values:
        """Return ``values`` on the scale on which the noise is measured."""
        return np.log(values) if self.log else np.asarray(values, float)

    def half_width(self, n: int = 1, m: int = 1) -> float:
        """Return the half width of the 95 % interval of a difference of means of n and m seeds."""
        from scipy.stats import t

        return float(t.ppf(0.975, self.freedom)) * self.sd * math.sqrt(1 / n + 1 / m)


def pooled_noise(groups: Sequence[Values]) -> Noise | None:
    """Return the noise of ``groups``, the values of variants over their seeds.

    Values that are all positive are compared by their logarithms. One seed has no spread.

    Returns:
        None if no group has two seeds, or a value is not finite.
    """
    used = [np.asarray(group, float) for group in groups if len(group) > 1]
    if not used or not all(np.isfinite(group).all() for group in used):
        return None
    log = all((np.asarray(group, float) > 0).all() for group in groups)
    scaled = [np.log(group) for group in used] if log else used
    freedom = sum(len(group) - 1 for group in scaled)
    squares = sum(float(((group - group.mean()) ** 2).sum()) for group in scaled)
    return Noise(math.sqrt(squares / freedom), freedom, log)


def within_noise_of_best(values: Values, higher_is_better: bool, noise: Noise) -> np.ndarray:
    """Return which of ``values`` (one seed each) the noise does not tell from the best one."""
    scaled = noise.scaled(values)
    gaps = scaled.max() - scaled if higher_is_better else scaled - scaled.min()
    return np.asarray(gaps <= noise.half_width())
