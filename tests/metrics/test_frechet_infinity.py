"""Fréchet distance at infinitely many samples: sizes, bias, the line, seeds."""

import importlib

import numpy as np
import pytest

from ganbench.metrics import frechet_infinity
from tests.metrics._helpers import check_degradations, check_entry, normal, two

FRECHET = importlib.import_module("ganbench.metrics.frechet")
INFINITY = importlib.import_module("ganbench.metrics.frechet_infinity")


@pytest.mark.parametrize(
    ("n", "d", "first"),
    [(50_000, 2048, 5000), (1000, 2048, 500), (1000, 64, 100), (5000, 900, 902)],
)
def test_sizes_of_extrapolation(n, d, first):
    found = INFINITY.sizes(n, d, 15)
    assert (found[0], found[-1], len(set(found))) == (first, n, 15)
    assert np.ptp(np.diff(found)) <= 1


def test_infinity_removes_the_bias_of_few_samples():
    """Of two equal Gaussians, one known exactly: FD of N samples is about c / N, at infinity 0."""
    d = 20
    exact = {"mean": np.zeros(d), "factor": np.eye(d)}
    plain, at_infinity = [], []
    for seed in range(30):
        y = normal(1500, d, seed)
        plain.append(FRECHET.compute(exact, y)["fd"])
        at_infinity.append(INFINITY.compute(exact, y, 15, 0)["fd_inf"])
    assert np.mean(plain) > 0.07
    assert abs(np.mean(at_infinity)) < 0.15 * np.mean(plain)


def test_infinity_is_the_intercept_of_a_line(monkeypatch):
    monkeypatch.setattr(FRECHET, "from_samples", lambda mean, root, y: 3.5 + 70 / len(y))
    assert frechet_infinity(normal(50, 2), normal(500, 2)) == pytest.approx(3.5, rel=1e-12)


def test_infinity_by_its_seed():
    x, y = two(200, 200)
    assert frechet_infinity(x, y, seed=1) == frechet_infinity(x, y, seed=1)
    assert frechet_infinity(x, y, seed=1) != frechet_infinity(x, y, seed=2)


def test_infinity_of_too_few():
    with pytest.raises(ValueError, match="fake has 12 samples: too few for points = 15"):
        frechet_infinity(normal(50, 2), normal(12, 2))
    with pytest.raises(ValueError, match="points is 1: an integer of at least 2"):
        frechet_infinity(normal(50, 2), normal(50, 2), points=1)


def test_the_entry_is_the_function(tmp_path):
    x, y = two(150, 120)
    check_entry("frechet-infinity", tmp_path, x, y, {"fd_inf": frechet_infinity(x, y)})


def test_degradations_are_seen():
    check_degradations("frechet-infinity", "dropped", "blur", "copies", "noise")
