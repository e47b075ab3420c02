"""Bootstrap intervals: as often right as they say, as SciPy has them."""

import itertools
import math

import numpy as np
import pytest
from scipy.stats import bootstrap, norm, t

from ganbench.stats.aggregate import iqm, mean, median
from ganbench.stats.bootstrap import across_tasks, interval, resampled, resamples, widened

INF = math.inf


def normal(n, seed=0):
    return np.random.default_rng(seed).standard_normal(n)


def array(*values):
    return np.array(values, float)


@pytest.mark.parametrize("values", [[3.0], [3.0] * 5, [0.1] * 7, [INF] * 3])
@pytest.mark.parametrize("statistic", [iqm, median])
def test_interval_of_constant_values_is_a_point(values, statistic):
    low, high = interval(array(*values), statistic, draws=200)
    assert low == high == pytest.approx(values[0], rel=1e-15)


def test_interval_is_reproducible_by_seed():
    x = normal(10)
    assert interval(x, draws=300, seed=5) == interval(x, draws=300, seed=5)
    assert interval(x, draws=300, seed=5) != interval(x, draws=300, seed=6)


def test_interval_holds_the_statistic_and_widens_with_the_level():
    x = normal(15)
    found = [interval(x, level=level) for level in (0.5, 0.9, 0.95, 0.99)]
    for (low, high), (lower, higher) in itertools.pairwise(found):
        assert lower < low < iqm(x) < high < higher


@pytest.mark.parametrize(
    ("level", "draws", "outside"),
    [
        (0.95, 10_000, 250),
        (0.95, 2_000, 50),
        (0.5, 100, 25),
        (0.99, 1_000, 5),
        (1.0, 100, 0),
        (0.9, 100, 5),
    ],
)
def test_interval_leaves_as_many_draws_on_either_side(level, draws, outside):
    x = normal(50)
    drawn = np.sort(iqm(x[resamples(50, draws, 3)]))
    found = interval(x, level=level, draws=draws, seed=3, method="percentile")
    assert found == (drawn[outside], drawn[-1 - outside])


def test_interval_against_scipy():
    x = normal(20) + 3
    wanted = bootstrap(
        (x,), np.mean, n_resamples=10_000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    found = interval(x, mean, method="percentile")
    assert found == pytest.approx((wanted.low, wanted.high), abs=0.03)


@pytest.mark.parametrize("draw", ["standard_normal", "lognormal"])
@pytest.mark.parametrize(("n", "low", "high"), [(5, 0.92, 0.96), (7, 0.93, 0.97), (10, 0.93, 0.98)])
def test_intervals_of_an_iqm_hold_the_truth_as_often_as_they_say(draw, n, low, high):
    """2,000 simulations know a rate of 0.95 to 0.01; unwidened ones have 0.90 to 0.94."""
    rng = np.random.default_rng(n)
    groups = getattr(rng, draw)(size=(2_000, n))
    truth = float(iqm(getattr(rng, draw)(size=1_000_000)))
    ends = np.array([interval(x, draws=1_000) for x in groups])
    assert low <= ((ends[:, 0] <= truth) & (truth <= ends[:, 1])).mean() <= high


def test_intervals_are_widened_by_students_quantile():
    assert 1 - widened(0.95, 10) == pytest.approx(2 * norm.sf(t.ppf(0.975, 9)), rel=1e-9)
    assert 0.95 < widened(0.95, 100) < widened(0.95, 5) < widened(0.95, 3) < 1
    x = normal(6)
    by_level = interval(x, level=widened(0.95, 6), method="percentile")
    assert interval(x) == by_level != interval(x, method="percentile")


@pytest.mark.parametrize("n", [10, 30])
def test_bca_is_that_of_scipy(n):
    x = np.exp(normal(n, 3))
    rng = np.random.default_rng(1)  # the same draws
    wanted = bootstrap((x,), np.mean, n_resamples=5_000, method="BCa", rng=rng)
    found = interval(x, mean, draws=5_000, method="bca", seed=1)
    assert found == pytest.approx(tuple(wanted.confidence_interval), rel=1e-9)
    assert interval(array(2, 2, 2), mean, method="bca") == (2, 2)
    with pytest.raises(ValueError, match="not all finite"):
        interval(array(1, INF), mean, method="bca")


def test_seeds_are_resampled_within_their_task():
    """Tasks that differ a thousandfold add nothing to an interval; equal seeds leave a point."""
    tasks = np.array([1.0, 1_000.0, 1_000_000.0])
    assert across_tasks(np.tile(tasks, (5, 1)), mean)[1:] == (tasks.mean(), tasks.mean())
    values = normal(40).reshape(10, 4) + np.array([0, 10, 20, 30])
    point, low, high = across_tasks(values, mean, draws=20_000)
    assert point == pytest.approx(values.mean())
    # the variance of the mean: of each task's own mean, over 16
    spread = math.sqrt((values.var(0) / 10).sum() / 16)
    assert (low, high) == pytest.approx(
        (point - t.ppf(0.975, 9) * spread, point + t.ppf(0.975, 9) * spread), abs=0.2 * spread
    )
    one = across_tasks(values[:, :1], iqm, draws=4_000)
    assert one[1:] == pytest.approx(interval(values[:, 0], draws=4_000), abs=0.1)
    with pytest.raises(ValueError, match="values is empty"):
        across_tasks(np.empty((0, 3)))


def test_interval_with_failures_has_no_nan():
    low, high = interval(array(1, 2, 3, INF, INF), median, draws=500)
    assert 1 <= low <= 3
    assert high == INF


def test_interval_of_nothing():
    with pytest.raises(ValueError, match="values is empty: at least 1 needed"):
        interval(array())


def test_resamples_draw_every_index_with_replacement():
    found = resamples(6, 2000, 0)
    assert found.shape == (2000, 6)
    assert np.bincount(found.ravel()).min() > 1800
    assert len(np.bincount(found.ravel())) == 6
    assert any(len(set(row)) < 6 for row in found)


@pytest.mark.parametrize("n", [1, 2, 51, 700])
def test_bootstrap_samples_in_pieces_are_those_of_one_piece(n):
    x = np.random.default_rng(0).random(n)
    whole = median(x[resamples(n, 500, 3)])
    assert (resampled(x, median, 500, 3) == whole).all() and len(whole) == 500


def test_indices_that_are_kept_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        resamples(3, 5, 0)[0] = 1
