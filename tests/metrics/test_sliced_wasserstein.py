"""Sliced transport: directions, closed forms, sizes, blocks."""

import importlib
import math

import numpy as np
import ot
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganbench.metrics import sliced_wasserstein, wasserstein
from tests.metrics._helpers import check_entry, normal, two

SLICED = importlib.import_module("ganbench.metrics.sliced_wasserstein")
QUICK = settings(max_examples=40, deadline=None, database=None, derandomize=True)


def test_sliced_on_a_line_is_w2():
    for n, m in ((20, 20), (20, 33), (1, 7)):
        x, y = normal(n, 1, 1), 2 * normal(m, 1, 2)
        assert sliced_wasserstein(x, y, 3) == pytest.approx(wasserstein(x, y), rel=1e-9)


def test_sliced_shift_is_the_mean_square_projection():
    x, shift = normal(30, 4), np.array([1.0, 2.0, 3.0, 4.0])
    theta = SLICED.directions(4, 1000, 0)
    found = sliced_wasserstein(x, x + shift)
    assert found == pytest.approx(math.sqrt(((shift @ theta) ** 2).mean()), rel=1e-12)
    assert found == pytest.approx(math.sqrt(30 / 4), rel=0.05)  # |shift| / sqrt(D) over all


def test_directions_are_uniform_unit_vectors_by_seed():
    theta = SLICED.directions(5, 4000, 7)
    assert theta.shape == (5, 4000)
    assert np.allclose(np.linalg.norm(theta, axis=0), 1, atol=1e-14)
    assert np.abs(theta.mean(1)).max() < 0.04
    assert np.allclose(theta @ theta.T / 4000, np.eye(5) / 5, atol=0.02)
    assert (theta == SLICED.directions(5, 4000, 7)).all()
    assert (theta != SLICED.directions(5, 4000, 8)).all()


@pytest.mark.parametrize("block", [1, 7, 50, 10_000])
@pytest.mark.parametrize("m", [60, 45])
def test_blocks_of_directions_change_nothing(monkeypatch, block, m):
    x, y = two(60, m)
    whole = sliced_wasserstein(x, y, 300)
    monkeypatch.setattr(SLICED, "BLOCK", block)
    assert sliced_wasserstein(x, y, 300) == pytest.approx(whole, rel=1e-13)


@QUICK
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 99))
def test_sliced_of_unequal_sizes_is_that_of_repeated_sets(n, m, seed):
    x, y = normal(n, 3, seed), 2 * normal(m, 3, seed + 1)
    common = math.lcm(n, m)
    repeated = [np.repeat(a, common // len(a), 0) for a in (x, y)]
    assert sliced_wasserstein(x, y, 20) == pytest.approx(
        sliced_wasserstein(*repeated, 20), rel=1e-9
    )


@pytest.mark.parametrize("d", [2, 20])
def test_sliced_against_pot(d):
    x, y = two(50, 50, d)
    theta = SLICED.directions(d, 300, 4)
    wanted = ot.sliced_wasserstein_distance(x, y, projections=theta, p=2)
    assert sliced_wasserstein(x, y, 300, seed=4) == pytest.approx(wanted, rel=1e-10)


@pytest.mark.parametrize("projections", [0, -1, 1.5])
def test_bad_projections(projections):
    with pytest.raises(ValueError, match=f"projections is {projections}: an integer of at least 1"):
        sliced_wasserstein(*two(), projections)


def test_the_entry_is_the_function(tmp_path):
    x, y = two()
    check_entry(
        "sliced-wasserstein", tmp_path, x, y, {"sliced_w2": sliced_wasserstein(x, y, 1000, 0)}
    )
