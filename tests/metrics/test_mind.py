"""Monge Inception distance: closed forms and what it shares with sliced Wasserstein."""

import numpy as np
import pytest
import torch

from ganbench.metrics import frechet_distance, mind, sliced_wasserstein
from tests.metrics._helpers import check_degradations, check_entry, normal, two


def brute(real, fake, projections, seed):
    """Return MIND of equally many samples, one direction at a time."""
    drawn = np.random.default_rng(seed).standard_normal((projections, real.shape[1]))
    squares = []
    for direction in drawn:
        a, b = (np.sort(x @ direction / np.linalg.norm(direction)) for x in (real, fake))
        squares.append(((a - b) ** 2).mean())
    return 3 * real.shape[1] * np.mean(squares)


@pytest.mark.parametrize("d", [1, 4, 30])
def test_against_one_direction_at_a_time(d):
    x, y = two(50, 50, d)
    assert mind(x, y, 200, 4) == pytest.approx(brute(x, y, 200, 4), rel=1e-10)
    assert mind(x, y) == pytest.approx(brute(x, y, 1000, 0), rel=1e-10)


def test_a_shift_is_three_times_its_square():
    """D times the mean squared projection is the squared length: 3 times Fréchet's."""
    x, shift = normal(30, 4), np.array([1.0, 2.0, 3.0, 4.0])
    found = mind(x, x + shift, 20_000)
    assert found == pytest.approx(3 * 30, rel=0.02)
    assert found == pytest.approx(3 * frechet_distance(x, x + shift), rel=0.02)
    line = normal(25, 1)
    assert mind(line, line + 2) == pytest.approx(12, rel=1e-12)


def test_it_sees_what_keeps_mean_and_covariance():
    x = normal(4000, 2, 1)
    signs = np.sign(normal(4000, 2, 2))  # the same moments up to the second
    assert mind(x, signs) > 20 * mind(x, normal(4000, 2, 3))
    assert frechet_distance(x, signs) < 0.01


def test_invariants():
    x, y = two(60, 45)
    found = mind(x, y)
    assert found == 3 * 3 * sliced_wasserstein(x, y) ** 2
    assert mind(y, x) == pytest.approx(found, rel=1e-12)
    assert mind(x[::-1], y[::-1]) == pytest.approx(found, rel=1e-12)
    assert mind(x + 10, y + 10) == pytest.approx(found, rel=1e-10)
    assert mind(7 * x, 7 * y) == pytest.approx(49 * found, rel=1e-12)
    assert mind(x, x) == 0
    assert mind(x.tolist(), torch.from_numpy(y)) == pytest.approx(found, rel=1e-14)


@pytest.mark.parametrize("projections", [0, -1, 1.5])
def test_bad_projections(projections):
    with pytest.raises(ValueError, match=f"projections is {projections}: an integer of at least 1"):
        mind(*two(), projections)


def test_the_entry_is_the_function(tmp_path):
    x, y = two()
    check_entry("mind", tmp_path, x, y, {"mind": mind(x, y, 1000, 0)})


def test_degradations_are_seen():
    check_degradations("mind", "dropped", "blur", "copies", "noise")
