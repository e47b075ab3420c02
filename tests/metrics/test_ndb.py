"""Bins that differ: counts by hand, significance, brute force, chunks."""

import importlib
import math

import numpy as np
import pytest
from scipy.spatial.distance import cdist, jensenshannon
from scipy.stats import norm

from ganbench.metrics import ndb
from tests.metrics._helpers import check_degradations, check_entry, normal, two

NDB = importlib.import_module("ganbench.metrics.ndb")
NEIGHBOURS = importlib.import_module("ganbench.metrics._neighbours")


def line(*counts):
    return np.repeat(10.0 * np.arange(len(counts)), counts)[:, None]


def bins(x, y):
    return list(ndb(x, y, 8).values())


def test_bins_by_hand():
    x, y = line(50, 50, 50, 50), line(100, 50, 49, 1)
    # z of 50 and 100 in 200 is 5.2, of 50 and 50 is 0, of 50 and 49 is 0.1, of 50 and 1 is 7.3
    found = ndb(x, y, 4)
    p, q = np.full(4, 0.25), np.array([100, 50, 49, 1]) / 200
    assert found == pytest.approx({"ndb": 0.5, "js": jensenshannon(p, q) ** 2}, rel=1e-12)


@pytest.mark.parametrize(("count", "differs"), [(62, False), (63, True)])
def test_bins_at_the_edge_of_significance(count, differs):
    a, b, n = 45, count, 100  # by hand: z = (b - a) / n / sqrt(P (1 - P) 2 / n)
    pooled = (a + b) / (2 * n)
    z = (b - a) / n / math.sqrt(pooled * (1 - pooled) * 2 / n)
    differs = 2 * norm.sf(z) < 0.05
    assert ndb(line(a, n - a), line(b, n - b), 2)["ndb"] == float(differs)


def test_bins_of_disjoint_sets():
    x = line(50, 50)
    found = ndb(x, np.zeros((80, 1)), 2)
    assert found["ndb"] == 1
    far = ndb(np.vstack([x, x]), np.zeros((80, 1)), 2)["js"]
    assert far == pytest.approx(jensenshannon([0.5, 0.5], [1, 0]) ** 2)


def test_a_perfect_generator_differs_in_one_bin_of_twenty():
    found = [ndb(normal(1000, 2, 2 * s), normal(1000, 2, 2 * s + 1), 50)["ndb"] for s in range(20)]
    assert 0.02 < np.mean(found) < 0.1


def test_bins_against_all_differences():
    x, y = two(300, 200)
    prepared = NDB.prepare(x, 12, 3)
    assert (prepared["counts"] == np.bincount(cdist(x, prepared["centers"]).argmin(1))).all()
    p = prepared["counts"] / 300
    q = np.bincount(cdist(y, prepared["centers"]).argmin(1), minlength=12) / 200
    pooled = (300 * p + 200 * q) / 500
    z = (p - q) / np.sqrt(pooled * (1 - pooled) * (1 / 300 + 1 / 200))
    wanted = {"ndb": (2 * norm.sf(abs(z)) < 0.05).mean(), "js": jensenshannon(p, q) ** 2}
    assert ndb(x, y, 12, 3) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_chunks_of_bins_change_nothing(monkeypatch, rows):
    x, y = two(200, 150)
    whole = bins(x, y)
    monkeypatch.setattr(NEIGHBOURS, "CHUNK_BYTES", rows * 8 * 8)
    assert bins(x, y) == whole


def test_too_few_points_for_the_bins():
    with pytest.raises(ValueError, match="real has 60 different samples: at least bins = 100"):
        ndb(*two())
    with pytest.raises(ValueError, match="real has 1 different samples: at least bins = 8"):
        ndb(np.ones((60, 3)), normal(60, 3), 8)
    with pytest.raises(ValueError, match="bins is 1: an integer of at least 2"):
        ndb(*two(), 1)


def test_the_entry_is_the_function(tmp_path):
    x, y = two(150, 120)
    check_entry("ndb", tmp_path, x, y, ndb(x, y))


def test_degradations_are_seen():
    check_degradations("ndb", "dropped", "blur", "copies", "noise")
