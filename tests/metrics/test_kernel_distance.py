"""Kernel distance: brute force, its standard error, tiles and float32."""

import importlib
import math

import numpy as np
import pytest
import torch

from ganbench.core import registry
from ganbench.metrics import kernel_distance
from tests.metrics._helpers import check_degradations, check_entry, normal, two

KERNEL = importlib.import_module("ganbench.metrics.kernel_distance")


def brute_kd(x, y):
    def kernel(a, b):
        return (a @ b.T / a.shape[1] + 1) ** 3

    def within(a):
        k = kernel(a, a)
        return (k.sum() - np.trace(k)) / (len(a) * (len(a) - 1))

    return within(x) + within(y) - 2 * kernel(x, y).mean()


@pytest.mark.parametrize(("n", "m", "d"), [(20, 20, 1), (60, 45, 3), (101, 37, 50)])
def test_kernel_distance_against_brute_force(n, m, d):
    x, y = two(n, m, d)
    assert kernel_distance(x, y).value == pytest.approx(brute_kd(x, y), rel=1e-11)


def test_standard_error_is_that_of_ten_disjoint_blocks():
    x, y = two(60, 45)
    parts = [np.array_split(a[np.random.default_rng(0).permutation(len(a))], 10) for a in (x, y)]
    each = [brute_kd(a, b) for a, b in zip(*parts, strict=True)]
    wanted = np.std(each, ddof=1) / math.sqrt(10)
    assert kernel_distance(x, y).standard_error == pytest.approx(wanted, rel=1e-10)


def test_kernel_distance_of_points_by_hand():
    # k(0, .) = 1; k(1, 1) = 8: 1 + 8 - 2
    assert kernel_distance(np.zeros((20, 1)), np.ones((30, 1))) == pytest.approx((7, 0))


def test_kernel_distance_is_unbiased_and_its_error_is_right():
    found = [kernel_distance(normal(40, 4, 2 * s), normal(50, 4, 2 * s + 1)) for s in range(400)]
    values = np.array([f.value for f in found])
    assert abs(values.mean()) < 4 * values.std() / 20
    assert (values < 0).any()
    apart = [
        kernel_distance(normal(200, 4, 2 * s), normal(200, 4, 2 * s + 1) + 1) for s in range(200)
    ]
    values, errors = np.array(apart).T
    assert np.sqrt((errors**2).mean()) == pytest.approx(values.std(), rel=0.2)


@pytest.mark.parametrize("tile", [1, 3, 1000])
def test_tiles_change_nothing(monkeypatch, tile):
    x, y = two()
    whole = kernel_distance(x, y)
    monkeypatch.setattr(KERNEL, "TILE", tile)
    assert kernel_distance(x, y) == pytest.approx(whole, rel=1e-11)


def single(monkeypatch, x, y):
    """Return the distance in float64, and as it is where float32 is tried."""
    double = kernel_distance(x, y)
    monkeypatch.setattr(KERNEL, "FLOAT32_FROM", 0)
    return double, kernel_distance(x, y)


@pytest.mark.parametrize("kind", ["same", "apart", "positive", "low rank", "offset"])
def test_kernel_distance_in_float32_is_as_near_as_said(monkeypatch, kind):
    x, y = normal(900, 300, 1), normal(800, 300, 2)
    if kind == "apart":
        y = 1.1 * y + 0.1
    elif kind == "positive":
        x, y = abs(x), abs(y)
    elif kind == "low rank":
        x, y = (np.maximum(a[:, :10] @ normal(10, 300, 3), 0) for a in (x, y))
    elif kind == "offset":
        x, y = x + 1, y + 1
    double, found = single(monkeypatch, x, y)
    off = abs(found.value - double.value)
    assert 0 < off < KERNEL.ROUNDING * double.standard_error
    assert off < KERNEL._rounding(torch.from_numpy(x), torch.from_numpy(y))
    assert found.standard_error == pytest.approx(double.standard_error, rel=1e-3)


@pytest.mark.parametrize("kind", ["offset", "overflow", "points"])
def test_kernel_distance_leaves_float32_where_it_would_be_rounded(monkeypatch, kind):
    x, y = normal(400, 30, 1), normal(300, 30, 2)
    if kind == "offset":
        x, y = x + 1e4, y + 1e4
    elif kind == "overflow":
        x, y = 1e25 * x, 1e25 * y
    else:
        x, y = np.full((40, 3), 0.1), np.full((50, 3), 0.3)
    double, found = single(monkeypatch, x, y)
    assert found == pytest.approx(double, rel=1e-14)
    metric = registry.metrics.get("kernel-distance")
    assert metric.compute(metric.prepare(x), y) == {"kd": found.value}


@pytest.mark.parametrize("tile", [64, 300])
def test_tiles_change_little_in_float32(monkeypatch, tile):
    x, y = normal(900, 100, 1), normal(800, 100, 2)
    double, _ = single(monkeypatch, x, y)
    monkeypatch.setattr(KERNEL, "TILE", tile)
    off = abs(kernel_distance(x, y).value - double.value)
    assert 0 < off < KERNEL.ROUNDING * double.standard_error


@pytest.mark.parametrize(("n", "m"), [(2, 2), (5, 30), (30, 19), (11, 3)])
def test_few_samples_have_a_distance_without_an_error(n, m, recwarn):
    x, y = normal(n, 3, 1), normal(m, 3, 2) + 1
    found = kernel_distance(x, y)
    gram = ((np.concatenate([x, y]) @ np.concatenate([x, y]).T) / 3 + 1) ** 3
    within = [
        (g.sum() - np.trace(g)) / (len(g) * (len(g) - 1)) for g in (gram[:n, :n], gram[n:, n:])
    ]
    assert found.value == pytest.approx(sum(within) - 2 * gram[:n, n:].mean(), rel=1e-10)
    assert np.isnan(found.standard_error) and not recwarn.list
    with pytest.raises(ValueError, match="fake has 1 samples: at least 2 needed"):
        kernel_distance(x, y[:1])


def test_the_entry_is_the_function(tmp_path):
    x, y = two(150, 120)
    check_entry("kernel-distance", tmp_path, x, y, {"kd": kernel_distance(x, y).value})


def test_degradations_are_seen():
    check_degradations("kernel-distance", "dropped", "blur", "copies", "noise")
