"""What a search brings: the expected best of n tries, and shares of the spread."""

import itertools
import math

import numpy as np
import pytest

from ganbench.stats.search import (
    expected_best,
    expected_best_curve,
    share_between,
    variance_shares,
)

INF = math.inf


@pytest.mark.parametrize("tries", [1, 2, 3])
@pytest.mark.parametrize("values", [[3.0, 1.0, 2.0], [5.0, 5.0, 1.0, 9.0], [2.0]])
def test_the_expected_best_is_the_mean_over_all_ways_to_draw(values, tries):
    ways = [min(drawn) for drawn in itertools.product(values, repeat=tries)]
    assert expected_best(np.array(values), tries) == pytest.approx(np.mean(ways))


def test_failed_tries_are_the_worst():
    values = np.array([1.0, INF])
    assert expected_best(values, 1) == INF and expected_best(values, 50) == INF
    assert expected_best(np.array([1.0, 2.0, 3.0]), 60) == pytest.approx(1.0)


def test_bad_tries():
    for values, tries in (([], 1), ([1.0], 0)):
        with pytest.raises(ValueError, match="at least 1 of both needed"):
            expected_best(np.array(values), tries)


def test_a_curve_falls_and_holds_its_interval():
    values = np.random.default_rng(0).lognormal(size=12)
    curve = expected_best_curve(values, 6)
    assert (np.diff(curve[:, 0]) < 0).all()
    assert (curve[:, 1] <= curve[:, 0]).all() and (curve[:, 0] <= curve[:, 2]).all()
    assert curve[0, 0] == pytest.approx(values.mean())
    spread = values.std() / math.sqrt(12)  # of the mean
    width = (curve[0, 2] - curve[0, 1]) / 2
    assert width == pytest.approx(1.96 * spread, rel=0.15)
    assert (expected_best_curve(values, 2, seed=1) == expected_best_curve(values, 2, seed=1)).all()


def test_shares_by_hand():
    """Two methods at 0 and 10, settings 1 apart, seeds 0.2 apart."""
    values = {
        "a": {1.0: [-0.6, -0.4], 2.0: [0.4, 0.6]},
        "b": {1.0: [9.4, 9.6], 2.0: [10.4, 10.6]},
    }
    found = variance_shares(values)
    methods, settings, seeds = 8 * 25.0, 8 * 0.25, 8 * 0.01
    total = methods + settings + seeds
    assert found == pytest.approx(
        {"method": methods / total, "hyper-parameters": settings / total, "seed": seeds / total}
    )
    assert sum(found.values()) == pytest.approx(1)
    for bad in ({"a": {1.0: [1.0, INF]}}, {"a": {1.0: [1.0, 1.0]}}):
        with pytest.raises(ValueError, match="values are"):
            variance_shares(bad)


def test_the_share_between_levels_is_scipys_eta_squared():
    from scipy.stats import f_oneway

    rng = np.random.default_rng(0)
    levels = np.array(["a"] * 3 + ["b"] * 4 + ["c"] * 5)
    values = rng.normal(size=12) + (levels == "b")
    groups = [values[levels == level] for level in "abc"]
    f = f_oneway(*groups).statistic * 2 / 9  # ratio of the sums of squares
    assert share_between(levels, values) == pytest.approx(f / (1 + f))


def test_the_share_of_values_without_spread_is_not_a_number():
    assert math.isnan(share_between(np.array(["a", "b"]), np.array([1.0, 1.0])))
    assert math.isnan(share_between(np.array([]), np.array([])))
