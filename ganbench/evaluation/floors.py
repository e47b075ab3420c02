"""Floors: what real samples reach in place of generated ones, the mean of several draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ganbench.core.kinds import Extractor, Metric
from ganbench.evaluation.measure import subset


def floor_draws(metric: Metric, extractor: Extractor) -> int:
    """Return how many draws of the floor of ``metric`` are averaged."""
    slow = extractor.floor_draws if metric.needs.extractor else metric.floor_draws
    return min(metric.floor_draws, slow)


def split(n: int, n_real: int, n_fake: int, *stream: str | int) -> tuple[np.ndarray, np.ndarray]:
    """Return disjoint random rows of ``n`` real samples: the reference's and those for fakes.

    They are for a floor at the counts ``n_real`` and ``n_fake`` of a value. Where there are too few
    samples for both, the reference has fewer; where that would leave it less than half, both have a
    half.
    """
    rows = subset(np.arange(n), n, *stream)
    fakes = min(n_fake, n // 2 if n_real else n)
    return rows[fakes : fakes + n_real], rows[:fakes]


def columns(draws: Sequence[Mapping[str, float]]) -> dict[str, np.ndarray]:
    """Return ``{quantity: its value in each draw}``."""
    return {key: np.array([draw[key] for draw in draws]) for key in draws[0]}


def mean_and_sd(drawn: Mapping[str, np.ndarray]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the mean of each quantity over the draws of a floor, and its standard deviation.

    The deviation is that of one draw (with N - 1); a single draw has none.
    """
    means = {key: float(values.mean()) for key, values in drawn.items()}
    sds = {key: float(values.std(ddof=1)) for key, values in drawn.items() if len(values) > 1}
    return means, sds
