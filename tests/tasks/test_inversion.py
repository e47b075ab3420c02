"""The generator inverted: it finds what it made, and stays where the prior puts latents."""

import numpy as np
import pytest
import torch

from ganbench.tasks._inversion import Seen, as_networks_see, invert, nearest, rmse
from tests.tasks._helpers import images, model

ALL = Seen(lambda x: x.flatten(1))


def test_it_finds_what_the_generator_made_and_descent_is_what_finds_it():
    targets, _ = images(30, seed=7)
    found = invert(model(), targets, ALL, 0, candidates=500, steps=150)
    start = invert(model(), targets, ALL, 0, candidates=500, steps=0)
    assert found.dtype == np.uint8 and found.shape == targets.shape
    assert rmse(found, targets) < 0.01 < 0.05 < rmse(start, targets)


def test_what_is_hidden_is_found_from_what_is_seen():
    targets, _ = images(30, seed=7)
    where = torch.zeros(30, 64)
    where[:, :20] = 1
    broken = targets.copy().reshape(30, 64)
    broken[:, 20:] = 0  # must not be looked at
    found = invert(model(), broken.reshape(targets.shape), Seen(lambda x: x.flatten(1), where), 0)
    assert rmse(found, targets) < 0.02


@pytest.mark.parametrize("kind", ["normal", "symmetric", "uniform"])
def test_latents_stay_where_the_prior_puts_them(kind, monkeypatch):
    made, seen = model(kind=kind), []
    of_latents = type(made).of_latents
    monkeypatch.setattr(
        type(made), "of_latents", lambda self, z: seen.append(z) or of_latents(self, z)
    )
    white = np.full((5, 1, 8, 8), 255, np.uint8)
    invert(made, white, ALL, 0, candidates=200, steps=60, lr=1.0)
    (z,) = seen
    if kind == "normal":
        assert z.norm(dim=1).max() <= made.latents(200, 0).norm(dim=1).max() * 1.0001
    else:
        assert z.min() >= (0 if kind == "uniform" else -1) and z.max() <= 1


def test_the_best_of_several_starts_is_taken():
    targets, _ = images(20, seed=3)
    errors = [
        rmse(invert(model(), targets, ALL, 0, candidates=5, starts=n, steps=25), targets)
        for n in (1, 5)
    ]
    assert errors[1] < errors[0]


def test_distances_are_those_of_what_is_seen():
    rng = torch.Generator().manual_seed(0)
    wanted, pool = torch.rand(4, 1, 8, 8, generator=rng), torch.rand(9, 1, 8, 8, generator=rng)
    weights = (torch.rand(4, 64, generator=rng) < 0.5).float()
    seen = Seen(lambda x: x.flatten(1), weights)
    rows = torch.arange(4)
    slow = [((seen.of(wanted, rows)[i] - seen.of(pool, torch.full((9,), i))) ** 2).sum(1)
            for i in range(4)]  # fmt: skip
    assert torch.allclose(seen.distances(wanted, pool), torch.stack(slow), atol=1e-5)


def test_the_nearest_image_is_the_same_image():
    pool, _ = images(50, seed=1)
    assert np.array_equal(nearest(pool, pool[[3, 17]], ALL), pool[[3, 17]])


def test_rmse_counts_the_pixels_that_are_asked_for():
    black, grey = np.zeros((2, 1, 2, 2), np.uint8), np.full((2, 1, 2, 2), 51, np.uint8)
    assert rmse(black, grey) == pytest.approx(0.2)
    where = np.zeros((2, 1, 2, 2), bool)
    where[0, 0, 0, 0] = True
    grey[0, 0, 0, 0] = 255
    assert rmse(black, grey, where) == 1.0
    assert as_networks_see(grey).min() == pytest.approx(2 * 0.2 - 1)
