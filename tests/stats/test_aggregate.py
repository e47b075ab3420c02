"""Aggregates over seeds."""

import math

import numpy as np
import pytest
from scipy.stats import trim_mean

from ganbench.stats.aggregate import iqm, mean, median

INF = math.inf


def normal(n, seed=0):
    return np.random.default_rng(seed).standard_normal(n)


def array(*values):
    return np.array(values, float)


@pytest.mark.parametrize("n", range(1, 21))
def test_iqm_is_the_trimmed_mean(n):
    x = normal(n) ** 3
    assert iqm(x) == pytest.approx(trim_mean(x, 0.25), rel=1e-12)
    table = normal(6 * n).reshape(2, 3, n)
    assert iqm(table) == pytest.approx(trim_mean(table, 0.25, axis=-1), rel=1e-12)


def test_iqm_by_hand():
    assert iqm(array(9, 1, 2)) == 4  # fewer than four: the plain mean
    assert iqm(array(100, 2, 1, 4)) == 3
    assert iqm(array(0, 1, 2, 3, 4, 5, 6, 100)) == 3.5


def test_iqm_forgives_a_quarter_of_failures():
    assert iqm(array(1, 2, 4, INF)) == 3
    assert iqm(array(1, 2, INF, INF)) == INF
    assert iqm(array(INF, INF)) == INF


@pytest.mark.parametrize("n", range(1, 12))
def test_median_is_that_of_numpy(n):
    x = normal(n)
    assert median(x) == np.median(x)
    table = normal(6 * n).reshape(2, 3, n)
    assert (median(table) == np.median(table, axis=-1)).all()
    for failed in range(n + 1):
        y = np.concatenate([x[failed:], np.full(failed, INF)])
        assert median(y) == np.median(y)


def test_median_of_infinities():
    assert median(array(INF, INF)) == INF
    assert median(array(1, INF)) == INF
    assert median(array(1, INF, 2)) == 2
    assert median(array(-INF, -INF)) == -INF


def test_mean_is_along_the_last_axis():
    assert mean(array([1, 2, 6], [0, 0, INF])).tolist() == [3, INF]
