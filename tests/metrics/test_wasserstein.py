"""Exact transport: by hand, on a line, against assignments."""

import importlib
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from scipy.stats import wasserstein_distance

from ganbench.metrics import sliced_wasserstein, wasserstein
from tests.metrics._helpers import check_entry, column, normal, two

EXACT = importlib.import_module("ganbench.metrics.wasserstein")
QUICK = settings(max_examples=40, deadline=None, database=None, derandomize=True)


@pytest.mark.parametrize("p", [1, 2])
def test_line_transport_matches_sorted_values(p):
    x, y = normal(50, 1, 1), normal(50, 1, 2) * 3 + 1
    wanted = (np.abs(np.sort(x, 0) - np.sort(y, 0)) ** p).mean() ** (1 / p)
    assert wasserstein(x, y, p) == pytest.approx(wanted, rel=1e-12)


def test_transport_by_hand():
    # half of the mass goes 3, the other half goes 5
    assert wasserstein([[0.0, 0.0]], [[3.0, 0.0], [3.0, 4.0]], 1) == pytest.approx(4)
    assert wasserstein([[0.0, 0.0]], [[3.0, 0.0], [3.0, 4.0]], 2) == pytest.approx(math.sqrt(17))
    assert wasserstein([[1.0]], [[4.0]]) == pytest.approx(3)


def test_transport_of_points_to_a_point_is_the_mean_cost():
    x, y = normal(20, 3), np.tile([1.0, 2.0, 3.0], (9, 1))
    d = np.linalg.norm(x - y[0], axis=1)
    assert wasserstein(x, y, 1) == pytest.approx(d.mean())
    assert wasserstein(x, y, 2) == pytest.approx(math.sqrt((d**2).mean()))


def test_a_shift_costs_its_length():
    x, shift = normal(30, 3), np.array([2.0, 3.0, 6.0])
    assert wasserstein(x, x + shift, 1) == pytest.approx(7, rel=1e-12)
    assert wasserstein(x, x + shift, 2) == pytest.approx(7, rel=1e-12)


@pytest.mark.parametrize("p", [1, 2])
def test_triangle_inequality(p):
    x, y, z = normal(20, 2, 1), normal(25, 2, 2) + 1, normal(15, 2, 3) * 2
    assert wasserstein(x, z, p) <= wasserstein(x, y, p) + wasserstein(y, z, p)


def test_order_of_the_distances():
    x, y = two()
    assert sliced_wasserstein(x, y) < wasserstein(x, y, 2)
    assert wasserstein(x, y, 1) < wasserstein(x, y, 2)


@pytest.mark.parametrize("p", [1, 2])
def test_repeating_every_sample_changes_no_transport(p):
    x, y = two()
    repeated = wasserstein(np.repeat(x, 2, 0), np.tile(y, (3, 1)), p)
    assert repeated == pytest.approx(wasserstein(x, y, p), rel=1e-10)


@QUICK
@given(
    st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=12),
    st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=12),
)
def test_w1_on_a_line_against_scipy(x, y):
    found = wasserstein(column(*x), column(*y), 1)
    assert found == pytest.approx(wasserstein_distance(x, y), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("p", [1, 2])
def test_the_same_points_in_another_order_are_at_no_distance(p):
    """Once the rounding of the potentials was compared with a cost of 0."""
    x, y = [1.0, 1.0, 0.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0, 0.0, 1.0]
    assert wasserstein(column(*x), column(*y), p) == 0
    rng = np.random.default_rng(0)
    for n in (3, 6, 11, 60):
        points = rng.integers(0, 3, n).astype(float)
        assert wasserstein(column(*points), column(*rng.permutation(points)), p) < 1e-12


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize(("n", "d"), [(40, 2), (100, 16), (12, 50)])
def test_transport_against_an_assignment(p, n, d):
    x, y = two(n, n, d)
    cost = cdist(x, y) ** p
    wanted = cost[linear_sum_assignment(cost)].mean() ** (1 / p)
    assert wasserstein(x, y, p) == pytest.approx(wanted, rel=1e-10)


@pytest.mark.parametrize("p", [1, 2])
def test_unequal_transport_against_an_assignment_of_copies(p):
    x, y = two(12, 8, 3)
    cost = cdist(np.repeat(x, 2, 0), np.repeat(y, 3, 0)) ** p
    wanted = cost[linear_sum_assignment(cost)].mean() ** (1 / p)
    assert wasserstein(x, y, p) == pytest.approx(wanted, rel=1e-10)


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("far", [1e3, 1e6, 1e9, 1e12])
def test_far_points_on_both_sides_take_no_digit(p, far):
    """On a line, where sorted values are matched; w2 was off by 180 % with a point at 1e8."""
    x, y = (np.sort(normal(200, 1, seed), axis=0) for seed in (1, 2))
    x[-1], y[-1] = far, far + 0.25
    wanted = (np.abs(x - y) ** p).mean() ** (1 / p)
    shuffled = np.random.default_rng(0).permutation(200)
    assert wasserstein(x[shuffled], y, p) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("far", [1e3, 1e6, 1e9, 1e12])
def test_a_far_point_on_one_side_is_carried_all_the_way(p, far):
    x, y = (np.sort(normal(200, 1, seed), axis=0) for seed in (1, 2))
    x[-1] = far
    wanted = (np.abs(x - y) ** p).mean() ** (1 / p)
    assert wasserstein(x, y[::-1], p) == pytest.approx(wanted, rel=1e-9)
    assert wasserstein(np.repeat(x, 2, 0), np.repeat(y, 3, 0), p) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("far", [1e2, 1e4, 1e6])
def test_far_groups_of_other_weights_exchange_the_right_points(p, far):
    """One point of 100 must go to the other group: which one it is counts."""
    x, y = (np.sort(normal(100, 1, seed), axis=0) for seed in (1, 2))
    x[50:] += far
    y[49:] += far
    wanted = (np.abs(x - y) ** p).mean() ** (1 / p)
    assert wasserstein(x[::-1], y, p) == pytest.approx(wanted, rel=1e-11)


@pytest.mark.parametrize("p", [1, 2])
def test_two_far_groups_of_unequal_counts(p):
    """Groups of 20 and 10 against 8 and 4 points: each is carried to its own counterpart."""
    x, y = normal(30, 2, 1), normal(12, 2, 2)
    wanted = (2 * wasserstein(x[:20], y[:8], p) ** p + wasserstein(x[20:], y[8:], p) ** p) / 3
    x[20:] += 1e9
    y[8:] += 1e9
    assert wasserstein(x, y, p) == pytest.approx(wanted ** (1 / p), rel=1e-6)


@pytest.mark.parametrize("p", [1, 2])
def test_a_set_and_its_copy_are_0_apart(p):
    x = np.concatenate([normal(30, 2), [[1e9, 0]]])
    assert wasserstein(x, x[::-1], p) == 0
    assert wasserstein(x[:1], x[[0, 0, 0]], p) == 0
    assert wasserstein([[0.0], [1.0]], [[0.0], [0.0], [1.0]], p) == pytest.approx(
        (1 / 6) ** (1 / p)
    )


def test_a_plan_that_is_not_optimal_is_refused(monkeypatch):
    import ot

    def poor(a, b, cost, **options):
        plan, log = emd(a, b, cost, **options)
        return np.full_like(plan, 1.0), log

    emd = ot.emd
    monkeypatch.setattr(ot, "emd", poor)
    with pytest.raises(RuntimeError, match="60 to 45 points is off its optimum"):
        wasserstein(*two())


def test_unfinished_transport_is_an_error(monkeypatch):
    monkeypatch.setattr(EXACT, "ITERATIONS", 1)
    with (
        pytest.warns(UserWarning, match="numItermax"),
        pytest.raises(RuntimeError, match="60 to 45 points did not finish"),
    ):
        wasserstein(*two())


@pytest.mark.parametrize("p", [3, 0, -1, 1.5, math.inf, "2"])
def test_bad_order(p):
    with pytest.raises(ValueError, match=f"p is {p!r}: 1 or 2 needed"):
        wasserstein(*two(), p)


def test_the_entry_is_the_function(tmp_path):
    x, y = two()
    wanted = {"w1": wasserstein(x, y, 1), "w2": wasserstein(x, y, 2)}
    check_entry("wasserstein", tmp_path, x, y, wanted)
