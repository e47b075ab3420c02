"""Coarse pixels: what they are, and where they are taken."""

import numpy as np
import pytest

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Features
from ganbench.evaluation.choose_features import choose_features
from ganbench.evaluation.features.coarse_pixels import areas, means
from ganbench.evaluation.given import Side


def images(*shape, n=6):
    return np.random.default_rng(0).integers(0, 256, (n, *shape), dtype=np.uint8)


def test_they_are_means_of_blocks():
    x = images(3, 64, 32, n=501)  # more than a piece
    blocks = x.reshape(501, 3, 16, 4, 16, 2).mean((3, 5)) / 255
    found = means(x).features
    assert found.shape == (501, 768) and np.allclose(found, blocks.reshape(501, -1), atol=1e-12)


def test_areas_share_pixels_where_sides_are_no_multiples():
    assert np.allclose(areas(24)[:2, :4], [[2 / 3, 1 / 3, 0, 0], [0, 1 / 3, 2 / 3, 0]])
    for size in (17, 28, 100):
        assert np.allclose(areas(size).sum(1), 1)
        assert np.allclose(areas(size).sum(0), 16 / size)
    x = images(1, 9, 16)
    assert np.array_equal(means(x).features, x.reshape(6, -1) / 255)  # none is enlarged


def test_they_are_taken_where_pixels_are_many_and_measured_often(monkeypatch):
    def spec(shape, often):
        return choose_features(Side("real", images(*shape)), often=often)[0]

    for kind in registry.features.items():
        if kind.name not in ("pixels", "coarse-pixels"):
            monkeypatch.setitem(kind.__dict__, "suits", lambda samples: None)
    assert spec((3, 64, 64), often=True) == "coarse-pixels"
    assert spec((3, 64, 64), often=False) == "pixels"
    assert spec((3, 32, 32), often=True) == spec((1, 28, 28), often=True) == "pixels"


def test_what_they_do_not_read_is_refused_and_their_distance_has_its_own_name():
    kind: Features = registry.features.get("coarse-pixels")
    assert kind.names["fd"] == "fd_coarse-pixels"
    with pytest.raises(UsageError, match="take no argument, got '8'"):
        kind.load("8")
    with pytest.raises(UsageError, match="need uint8 images"):
        kind.load("").function(np.zeros((3, 1, 20, 20)))
