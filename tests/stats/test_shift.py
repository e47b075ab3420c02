"""By how much two groups differ, and what so many seeds can show."""

import itertools
import math

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, permutation_test
from statsmodels.stats.power import TTestIndPower

from ganbench.stats import shift
from ganbench.stats.shift import detectable, hodges_lehmann, power, seeds_to_show, sign_flip_p

INF = math.inf


def array(*values):
    return np.array(values, float)


def test_the_estimate_by_hand():
    assert hodges_lehmann(array(5, 7, 12), array(1, 2, 4))[0] == 5  # 1 3 3 4 [5] 6 8 10 11
    assert hodges_lehmann(array(5, 7), array(1, 2))[0] == 4.5
    assert hodges_lehmann(array(INF, INF), array(INF, INF))[0] == 0
    assert hodges_lehmann(array(INF, INF, INF), array(1, 2, 3))[0] == INF


@pytest.mark.parametrize(("n", "m"), [(2, 3), (4, 4), (5, 7)])
def test_the_law_of_u_is_that_of_all_arrangements(n, m):
    counts = np.zeros(n * m + 1, int)
    for places in itertools.combinations(range(n + m), n):
        counts[sum(places) - n * (n - 1) // 2] += 1
    assert shift._arrangements(n, m).tolist() == counts.tolist()


@pytest.mark.parametrize(("n", "m"), [(4, 4), (5, 7), (10, 10)])
def test_the_interval_holds_the_shifts_that_the_test_does_not_reject(n, m):
    rng = np.random.default_rng(n)
    x, y = rng.standard_normal(n) + 1, rng.standard_normal(m)
    found = hodges_lehmann(x, y)
    inside = [found.low + 1e-9, found.estimate, found.high - 1e-9]
    outside = [found.low - 1e-9, found.high + 1e-9]
    for moved, rejected in [(v, False) for v in inside] + [(v, True) for v in outside]:
        assert (mannwhitneyu(x - moved, y, method="exact").pvalue <= 0.05) == rejected


def test_too_few_seeds_have_no_interval():
    assert math.isnan(hodges_lehmann(array(1, 2, 3), array(5, 6, 7)).low)
    four = hodges_lehmann(np.arange(4.0), np.arange(4.0) + 10)
    assert (four.low, four.high) == (-13, -7)


def test_many_seeds_take_the_normal_law():
    exact = np.cumsum(shift._arrangements(50, 50)) / math.comb(100, 50)
    wanted = int((exact <= 0.025).sum())
    assert abs(shift._cut(50, 50, 0.025) - wanted) == 0
    rng = np.random.default_rng(0)
    found = hodges_lehmann(rng.standard_normal(80) + 0.5, rng.standard_normal(90))
    assert found.low < found.estimate < found.high and found.high - found.low < 0.8


def test_intervals_hold_the_true_shift_as_often_as_they_say():
    rng = np.random.default_rng(0)
    found = [hodges_lehmann(rng.lognormal(size=7), rng.lognormal(size=7)) for _ in range(2_000)]
    assert 0.94 <= np.mean([s.low <= 0 <= s.high for s in found]) <= 0.98


@pytest.mark.parametrize(("effect", "n"), [(1.0, 10), (2.0, 7), (0.5, 40)])
def test_power_is_that_of_simulated_tests(effect, n):
    rng = np.random.default_rng(0)
    draws = [(rng.standard_normal(n) + effect, rng.standard_normal(n)) for _ in range(1_500)]
    found = np.mean([mannwhitneyu(x, y).pvalue < 0.05 for x, y in draws])
    assert power(effect, n) == pytest.approx(found, abs=0.05)


def test_power_is_students_with_fewer_seeds(monkeypatch):
    monkeypatch.setattr(shift, "EFFICIENCY", 1.0)
    for effect, n, alpha in ((1.0, 10, 0.05), (0.7, 25, 0.01)):
        wanted = TTestIndPower().power(effect, n, alpha)
        assert power(effect, n, alpha) == pytest.approx(wanted, rel=1e-6)
        assert detectable(n, alpha, wanted) == pytest.approx(effect, rel=1e-6)


def test_what_can_be_shown_is_a_number_for_all_sizes_and_corrections():
    for n in (4, 7, 10, 20, 40, 400):
        for tests in (1, 51, 1_326):
            least = detectable(n, 0.05 / tests)
            if math.isfinite(least):
                assert power(least, n, 0.05 / tests) == pytest.approx(0.8, abs=1e-6)
                assert 0 < power(least / 2, n, 0.05 / tests) < 0.8
    assert detectable(10, 0.05 / 1_326) < detectable(9, 0.05 / 1_326) or math.isinf(
        detectable(9, 0.05 / 1_326)
    )


def test_what_can_be_shown_takes_seeds():
    assert detectable(3) == INF and math.isfinite(detectable(4))
    assert detectable(6, 0.05 / 49) == INF and math.isfinite(detectable(7, 0.05 / 49))
    n = seeds_to_show(1.0)
    assert power(1.0, n) >= 0.8 > power(1.0, n - 1)
    assert seeds_to_show(1.0, 0.05 / 49) > n and seeds_to_show(50.0, 0.05 / 49) == 7
    for effect in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match="more than 0 needed"):
            seeds_to_show(effect)
    with pytest.raises(ValueError, match="more than 10,000 seeds"):
        seeds_to_show(0.001)


@pytest.mark.parametrize("n", [4, 9, 16])
def test_signs_are_flipped_in_all_ways(n):
    x = np.random.default_rng(n).standard_normal(n) + 0.4
    wanted = permutation_test(
        (x,), lambda d, axis: d.sum(axis), permutation_type="samples", n_resamples=INF,
        vectorized=True,
    ) if n < 10 else None  # fmt: skip
    if wanted is not None:
        assert sign_flip_p(x) == pytest.approx(wanted.pvalue)
    assert sign_flip_p(np.abs(x)) == pytest.approx(2 / 2**n)
    assert sign_flip_p(np.zeros(n)) == 1


def test_many_pairs_are_flipped_at_random():
    x = np.random.default_rng(0).standard_normal(25) + 0.3
    few = sign_flip_p(x, draws=20_000, seed=1)
    assert few == sign_flip_p(x, draws=20_000, seed=1) != sign_flip_p(x, draws=20_000, seed=2)
    # the normal law of the sum under random signs
    from scipy.stats import norm

    assert few == pytest.approx(2 * norm.sf(abs(x.sum()) / math.sqrt((x**2).sum())), abs=0.01)
    assert sign_flip_p(np.ones(30), draws=1_000) == pytest.approx(1 / 1_001)
