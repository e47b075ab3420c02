"""Sinkhorn divergence: POT, shifts, Gaussians, its limits, convergence."""

import importlib
import math

import numpy as np
import ot
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import norm

from ganbench.core import registry
from ganbench.metrics import sinkhorn_divergence, wasserstein
from tests.metrics._helpers import check_degradations, check_entry, normal, two

SINKHORN = importlib.import_module("ganbench.metrics.sinkhorn")


def pot(x, y, reg):
    """Return OT with the entropy term from POT's coupling."""
    cost = cdist(x, y) ** 2
    n, m = cost.shape
    plan = ot.sinkhorn(
        np.full(n, 1 / n), np.full(m, 1 / m), cost, reg,
        method="sinkhorn_log", stopThr=1e-12, numItermax=20_000, warn=False,
    )  # fmt: skip
    return (plan * cost).sum() + reg * (plan * np.log(np.maximum(plan * n * m, 1e-300))).sum()


@pytest.mark.parametrize("reg", [1, 4, 50])
@pytest.mark.parametrize(("n", "m", "d"), [(30, 30, 2), (40, 25, 5), (1, 12, 3)])
def test_sinkhorn_against_pot(reg, n, m, d):
    x, y = two(n, m, d)
    wanted = pot(x, y, reg) - pot(x, x, reg) / 2 - pot(y, y, reg) / 2
    assert sinkhorn_divergence(x, y, reg).value == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("reg", [None, 0.05, 1, 100])
def test_sinkhorn_of_a_shift_is_its_squared_length(reg):
    """The cost of a shift is separable, so it adds |shift|^2 to the transport at any ``reg``."""
    x, shift = normal(50, 3), np.array([2.0, 3.0, 6.0])
    assert sinkhorn_divergence(x, x + shift, reg).value == pytest.approx(49, rel=1e-9)
    assert sinkhorn_divergence(x, x, reg).value == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("sigma2", [0.5, 2.0])
def test_sinkhorn_of_gaussians(sigma2):
    """Janati et al. 2020 (arXiv:2006.02572), theorem 1, in one dimension with reg = 2 sigma^2."""
    a, b = 1.0, 2.0  # deviations
    grid = norm.ppf((np.arange(1200) + 0.5) / 1200)[:, None]

    def root(s, t):
        return math.sqrt(4 * s**2 * t**2 + sigma2**2)

    def half(s, t):
        return root(s, t) - sigma2 * math.log(root(s, t) + sigma2)

    wanted = 9 + half(a, a) / 2 + half(b, b) / 2 - half(a, b)
    found = sinkhorn_divergence(a * grid, b * grid + 3, 2 * sigma2).value
    assert found == pytest.approx(wanted, rel=3e-4)


def test_sinkhorn_between_its_limits():
    x, y = two()
    assert sinkhorn_divergence(x, y, 0.003).value == pytest.approx(wasserstein(x, y) ** 2, rel=1e-2)
    means = ((x.mean(0) - y.mean(0)) ** 2).sum()
    assert sinkhorn_divergence(x, y, 1e6).value == pytest.approx(means, rel=1e-5)


def test_sinkhorn_is_symmetric_and_positive():
    x, y = two()
    found = sinkhorn_divergence(x, y, 0.3).value
    assert found > 0.5
    assert sinkhorn_divergence(y, x, 0.3).value == pytest.approx(found, rel=1e-9)


def test_default_reg_is_reported():
    x, y = two()
    distinct = cdist(x, x)[np.triu_indices(60, 1)] ** 2
    median = np.sort(distinct)[(len(distinct) - 1) // 2]
    assert sinkhorn_divergence(x, y).reg == pytest.approx(0.05 * median, rel=1e-12)
    assert sinkhorn_divergence(x, y, 3).reg == 3
    assert registry.metrics.get("sinkhorn").prepare(x)["reg"] == sinkhorn_divergence(x, y).reg


def test_sinkhorn_of_points():
    x, y = np.zeros((5, 2)), np.full((3, 2), 2.0)
    assert sinkhorn_divergence(x, y, 0.1).value == pytest.approx(8, rel=1e-12)
    with pytest.raises(ValueError, match="median cost between the 5 real samples is 0: reg must"):
        sinkhorn_divergence(x, y)


@pytest.mark.parametrize("iterations", [1, 100])
def test_iterations_between_absorptions_change_nothing(monkeypatch, iterations):
    x, y = two()
    whole = sinkhorn_divergence(x, y).value
    monkeypatch.setattr(SINKHORN, "ITERATIONS", iterations)
    assert sinkhorn_divergence(x, y).value == pytest.approx(whole, rel=1e-8)


def test_unconverged_sinkhorn_is_an_error(monkeypatch):
    monkeypatch.setattr(SINKHORN, "ROUNDS", 1)
    monkeypatch.setattr(SINKHORN, "ITERATIONS", 1)
    with pytest.raises(RuntimeError, match="did not converge: the marginals are off by"):
        sinkhorn_divergence(*two(), 0.01)


@pytest.mark.parametrize("reg", [0, -1, math.nan, math.inf, "1", True])
def test_bad_reg(reg):
    with pytest.raises(ValueError, match=f"reg is {reg!r}: a positive number needed"):
        sinkhorn_divergence(*two(), reg)


def test_the_entry_is_the_function(tmp_path):
    x, y = two(150, 120)
    check_entry("sinkhorn", tmp_path, x, y, {"sinkhorn": sinkhorn_divergence(x, y).value})


def test_degradations_are_seen():
    check_degradations("sinkhorn", "dropped", "blur", "copies", "noise")
