"""Renyi kernel entropy and the Vendi score with a Gaussian kernel: goldens, kinds, invariants."""

import importlib
import math

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist, pdist
from scipy.stats import ortho_group

from ganbench.metrics import _gaussian, rke, vendi_score
from tests.metrics._helpers import check_degradations, check_entry, kinds, normal, two

RKE = importlib.import_module("ganbench.metrics.rke")


def golden():
    return np.random.RandomState(0).normal(size=(2, 500, 16))[1]


@pytest.mark.parametrize(("sigma", "second", "first"), [(2, 161.2487849, 340.6526960),
                                                        (4, 5.7460756, 27.8059562)])  # fmt: skip
def test_golden_values(sigma, second, first):
    assert rke(golden(), sigma) == pytest.approx(second, abs=5e-8)
    assert vendi_score(golden(), 1, sigma) == pytest.approx(first, abs=5e-8)


@pytest.mark.parametrize(("n", "d", "sigma"), [(50, 3, 0.7), (7, 40, 5.0), (1, 2, 1.0)])
def test_against_the_whole_kernel(n, d, sigma):
    x = normal(n, d)
    kernel = np.exp(-cdist(x, x, "sqeuclidean") / (2 * sigma**2)) / n
    values = np.linalg.eigvalsh(kernel)
    assert rke(x, sigma) == pytest.approx(1 / (kernel**2).sum(), rel=1e-12)
    assert rke(x, sigma) == pytest.approx(1 / (values**2).sum(), rel=1e-10)
    assert vendi_score(x, 2, sigma) == pytest.approx(rke(x, sigma), rel=1e-10)
    values = values[values > 1e-14]
    wanted = math.exp(-(values * np.log(values)).sum())
    assert vendi_score(x, sigma=sigma) == pytest.approx(wanted, rel=1e-9)


def test_modes_in_equal_and_in_unequal_shares_are_counted():
    centers = 100 * np.eye(5)
    assert rke(np.repeat(centers, 6, 0), 1.0) == pytest.approx(5, rel=1e-12)
    shares = np.array([0.5, 0.3, 0.2])
    x = centers[np.repeat([0, 1, 2], [5, 3, 2])]
    assert rke(x, 1.0) == pytest.approx(1 / (shares**2).sum(), rel=1e-12)
    assert rke(np.full((9, 4), 2.0), 0.1) == 1
    assert rke(normal(20, 3), 1e-3) == pytest.approx(20, rel=1e-12)
    assert rke(normal(20, 3), 1e6) == pytest.approx(1, rel=1e-9)


@pytest.mark.parametrize("tile", [1, 7, 30, 100])
def test_tiles_change_nothing(monkeypatch, tile):
    x = normal(100, 3)
    whole = rke(x, 1.0)
    monkeypatch.setattr(RKE, "TILE", tile)
    assert rke(x, 1.0) == pytest.approx(whole, rel=1e-13)


def test_no_tile_is_larger_than_asked():
    sizes = [(tuple(t.shape), times) for t, times in _gaussian.tiles(torch.zeros(10, 2), 4)]
    assert max(max(shape) for shape, _ in sizes) == 4
    assert sum(a * b * times for (a, b), times in sizes) == 100


def test_invariants():
    x = normal(60, 3)
    found = rke(x, 0.8)
    assert 1 < found < 60
    turn = ortho_group.rvs(3, random_state=1)
    for other in (x[::-1], x @ turn, x + 1e4, np.vstack([x, x])):
        assert rke(other, 0.8) == pytest.approx(found, rel=1e-9)
    assert rke(1e-3 * x, 0.8e-3) == pytest.approx(found, rel=1e-12)
    scores = [rke(x, s) for s in (0.1, 0.5, 1, 5)]
    assert scores == sorted(scores, reverse=True)
    whole = np.random.default_rng(0).integers(0, 9, (30, 3))
    assert len({rke(a, 2.0) for (a,) in kinds(whole)}) == 1


def test_sigma_is_half_of_the_median_real_distance():
    x = normal(200, 5)
    prepared = RKE.prepare(x)
    assert float(prepared["sigma"]) == pytest.approx(0.5 * np.median(pdist(x)), rel=1e-3)
    many = normal(5000, 5)
    assert float(RKE.prepare(many, 1.0)["sigma"]) == pytest.approx(
        np.median(pdist(many[:1500])), rel=0.02
    )
    with pytest.raises(ValueError, match="real holds copies in most pairs"):
        RKE.prepare(np.ones((9, 2)))


@pytest.mark.parametrize("sigma", [0, -1, math.nan, math.inf, "1", True, None])
def test_bad_sigma(sigma):
    with pytest.raises(ValueError, match=f"sigma is {sigma!r}: a positive number needed"):
        rke(normal(5, 2), sigma)
    if sigma is not None:
        with pytest.raises(ValueError, match=f"sigma is {sigma!r}: a positive number needed"):
            vendi_score(normal(5, 2), 1, sigma)
    with pytest.raises(ValueError, match=f"scale is {sigma!r}: a positive number needed"):
        RKE.prepare(normal(5, 2), sigma)


def test_the_entry_is_the_function(tmp_path):
    x, y = two(150, 120)
    sigma = float(RKE.prepare(x)["sigma"])
    check_entry("rke", tmp_path, x, y, {"rke": rke(y, sigma)})


def test_degradations_are_seen():
    check_degradations("rke", "dropped", "blur", "copies")
