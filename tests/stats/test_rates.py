"""Rates with exact intervals, and what so many seeds show of their difference."""

import numpy as np
import pytest
from scipy.stats import binom, binomtest, fisher_exact
from statsmodels.stats.proportion import proportion_confint

from ganbench.stats.rates import clopper_pearson, fisher_p, fisher_power


@pytest.mark.parametrize(("count", "n"), [(0, 5), (5, 5), (1, 7), (3, 10), (20, 40), (39, 40)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_intervals_are_those_of_scipy_and_statsmodels(count, n, level):
    found = clopper_pearson(count, n, level)
    assert found == pytest.approx(tuple(binomtest(count, n).proportion_ci(level)), abs=1e-12)
    assert found == pytest.approx(
        proportion_confint(count, n, 1 - level, method="beta"), abs=1e-12, nan_ok=True
    )


def test_no_failure_of_n_leaves_about_three_over_n():
    assert clopper_pearson(0, 40)[1] == pytest.approx(1 - 0.025 ** (1 / 40))
    assert clopper_pearson(0, 100, 0.9)[1] == pytest.approx(3 / 100, rel=0.02)


@pytest.mark.parametrize("rate", [0.02, 0.2, 0.5])
@pytest.mark.parametrize("n", [5, 10, 40])
def test_intervals_hold_the_true_rate_at_least_as_often_as_they_say(rate, n):
    held = [low <= rate <= high for low, high in (clopper_pearson(k, n) for k in range(n + 1))]
    assert binom.pmf(np.arange(n + 1), n, rate)[held].sum() >= 0.95


def test_40_seeds_know_a_rate_to_16_points():
    low, high = clopper_pearson(20, 40)
    assert (high - low) / 2 == pytest.approx(0.162, abs=1e-3)


def test_bad_counts():
    for count, n in ((-1, 5), (6, 5), (0, 0)):
        with pytest.raises(ValueError, match=f"count is {count} of {n}"):
            clopper_pearson(count, n)


def test_two_rates_by_fisher():
    assert fisher_p(1, 10, 8, 12) == fisher_exact([[1, 9], [8, 4]]).pvalue
    assert fisher_p(0, 5, 5, 5) == pytest.approx(2 / 252)
    assert fisher_p(3, 9, 3, 9) == 1


@pytest.mark.parametrize(("rate", "other", "n"), [(0.1, 0.6, 10), (0.0, 0.5, 7), (0.3, 0.3, 12)])
def test_power_is_what_simulation_finds(rate, other, n):
    rng = np.random.default_rng(0)
    counts = zip(rng.binomial(n, rate, 4_000), rng.binomial(n, other, 4_000), strict=True)
    found = np.mean([fisher_p(i, n, j, n) < 0.05 for i, j in counts])
    assert fisher_power(rate, other, n) == pytest.approx(found, abs=0.025)


def test_equal_rates_are_rarely_told_apart_and_seeds_add_power():
    assert fisher_power(0.4, 0.4, 15) < 0.05
    powers = [fisher_power(0.1, 0.5, n) for n in (5, 10, 20, 40)]
    assert powers == sorted(powers) and powers[-1] > 0.95
    assert fisher_power(0.1, 0.5, 20, alpha=0.001) < powers[2]
