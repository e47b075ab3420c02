"""Normalised values, performance profiles, who improves on whom."""

import math

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from ganbench.stats.profiles import (
    improvement_interval,
    normalised,
    performance_profile,
    probability_of_improvement,
)

INF, NAN = math.inf, math.nan


def array(*values):
    return np.array(values, float)


def test_the_control_has_0_and_real_data_have_1():
    values = array([100, 0.2], [10, 0.9], [190, INF])
    found = normalised(values, control=array(100, 0.1), floor=array(10, 1.0))
    assert found == pytest.approx(array([0, 1 / 9], [1, 8 / 9], [-1, INF]))
    assert normalised(array(INF), 5.0, 1.0).tolist() == [-INF]
    with pytest.raises(ValueError, match="no scale between them"):
        normalised(values, array(1, 2), array(3, 2))


def test_profiles_by_hand():
    values = array([0.1, 0.9], [0.5, NAN], [-INF, 0.7])  # three seeds, two tasks
    found = performance_profile(values, array(-5, 0.1, 0.6, 0.8, 1))
    # the first task: 2/3, 2/3, 0, 0, 0; the second of its two seeds: 1, 1, 1, 1/2, 0
    assert found == pytest.approx([5 / 6, 5 / 6, 1 / 2, 1 / 4, 0])
    assert performance_profile(array(1, 2, INF), array(1, 2.5), higher=False) == pytest.approx(
        [1 / 3, 2 / 3]
    )


@pytest.mark.parametrize("seed", range(4))
def test_improvement_is_mann_and_whitneys(seed):
    rng = np.random.default_rng(seed)
    x, y = (rng.integers(0, 6, n).astype(float) for n in (7, 9))
    x[0] = y[0] = INF
    u = mannwhitneyu(x, y).statistic
    assert probability_of_improvement(x, y, higher=True) == pytest.approx(u / 63)
    assert probability_of_improvement(x, y) == pytest.approx(1 - u / 63)
    pairs = np.mean([(a < b) + (a == b) / 2 for a in x for b in y])
    assert probability_of_improvement(x, y) == pytest.approx(pairs)


def test_the_interval_of_an_improvement():
    assert improvement_interval(array(1, 2, 3), array(7, 8, 9)) == (1, 1)
    assert improvement_interval(array(1, 2, 3), array(7, 8, 9), higher=True) == (0, 0)
    assert improvement_interval(array(INF, INF), array(INF, INF)) == (0.5, 0.5)
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        x, y = rng.standard_normal(10), rng.standard_normal(10)
        low, high = improvement_interval(x, y, draws=500)
        held += low <= 0.5 <= high
    assert 0.92 <= held / 400 <= 0.99
