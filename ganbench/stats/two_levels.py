"""Two sources of chance in one number: which seeds were trained, and which samples were measured.

Bouthillier et al. 2021, "Accounting for Variance in Machine Learning Benchmarks", arXiv:2103.03098.
Each of S trained models is measured D times, each time on other samples of it. The variance between
values is the sum of one between seeds and one between draws of samples; the latter alone is what
more samples make smaller.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ganbench.stats.aggregate import Values, iqm
from ganbench.stats.bootstrap import Statistic, interval


@dataclass(frozen=True)
class TwoLevels:
    """A statistic with an interval for each source of chance.

    Attributes:
        value: of the means of each seed's draws.
        over_seeds: other seeds could have been trained; one draw of each.
        over_samples: the same models could have been measured on other samples.
        sd_seeds, sd_samples: standard deviations of one value, of either source; NaN if unknown.
    """

    value: float
    over_seeds: tuple[float, float]
    over_samples: tuple[float, float]
    sd_seeds: float
    sd_samples: float

    @property
    def share_of_samples(self) -> float:
        """The share (0-1) of the variance of one value that its samples make."""
        total = self.sd_seeds**2 + self.sd_samples**2
        return self.sd_samples**2 / total if total > 0 else math.nan


def two_levels(
    values: Values,
    statistic: Statistic = iqm,
    level: float = 0.95,
    draws: int = 10_000,
    seed: int = 0,
) -> TwoLevels:
    """Return ``statistic`` over seeds of ``values [seeds, draws]``, with both intervals.

    Args:
        statistic: ``[..., N] -> [...]``.

    Raises:
        ValueError: not two dimensions, or fewer than 2 draws.
    """
    values = np.asarray(values, float)
    if values.ndim != 2 or values.shape[0] < 1 or values.shape[1] < 2:
        raise ValueError(f"values are {values.shape}: [seeds, draws] with 2 draws or more needed")
    n_seeds, n_draws = values.shape
    rng = np.random.default_rng(seed)
    drawn = rng.integers(n_draws, size=(draws, n_seeds))
    again = np.sort(statistic(values[np.arange(n_seeds), drawn]))
    outside = int(round((1 - level) / 2 * draws, 6))
    within = float(values.var(axis=1, ddof=1).mean())
    between = math.nan
    if n_seeds > 1:
        between = max(0.0, float(values.mean(axis=1).var(ddof=1)) - within / n_draws)
    return TwoLevels(
        value=float(statistic(values.mean(axis=1))),
        over_seeds=interval(values[:, 0], statistic, level, draws, seed),
        over_samples=(float(again[outside]), float(again[-1 - outside])),
        sd_seeds=math.sqrt(between),
        sd_samples=math.sqrt(within),
    )
