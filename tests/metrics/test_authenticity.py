"""Authenticity: by hand, expectations, copies, brute force."""

import math

import numpy as np
import pytest
from scipy.stats import ortho_group

from ganbench.metrics import _neighbours, authenticity
from tests.metrics._helpers import BAD, check_entry, column, kinds, normal, over_bad

GOOD = normal(40, 2)


def brute_authenticity(train, fake):
    train, fake = np.asarray(train, float), np.asarray(fake, float)
    d2 = ((fake[:, None] - train) ** 2).sum(-1)
    own = ((train[:, None] - train) ** 2).sum(-1)
    np.fill_diagonal(own, np.inf)
    radii = own.min(1)
    return np.mean([row.min() > radii[row == row.min()].max() for row in d2])


def test_authenticity_by_hand():
    train = column(0, 1, 3, 7)  # distances to their own neighbours 1, 1, 2, 4
    # a copy; at 1 from 0, no farther; at 2 from 0; at 3 from 7, nearer than 4; at 5 from 7
    assert authenticity(train, column(0, -1, -2, 10, 12)) == 0.4
    # as near to 1 (1) as to 3 (2): the larger decides
    assert authenticity(train, column(2)) == 0
    assert authenticity(train[::-1], column(2)) == 0
    # as near to 3 (2) as to 7 (4), at 2
    assert authenticity(train, column(5)) == 0


def test_authenticity_of_duplicated_training_points():
    train = column(4, 4, 9)  # 4 has a neighbour at 0: all but its copies are authentic
    assert authenticity(train, column(4, 4.001, 3, 9, 13.9, 14.1)) == 0.5
    assert authenticity(np.full((5, 3), 2.0), np.full((2, 3), 2.0)) == 0
    assert authenticity(np.full((5, 3), 2.0), np.full((2, 3), 3.0)) == 1


@pytest.mark.parametrize(
    ("d", "mutual"),
    [(1, 2 / 3), (2, 6 * math.pi / (8 * math.pi + 3 * math.sqrt(3))), (3, 16 / 27)],
)
def test_authenticity_of_a_perfect_generator(d, mutual):
    """Not authentic: a fresh sample and a training point that are mutual nearest neighbours."""
    rng = np.random.default_rng(d)
    found = [
        authenticity(rng.random((2_000, d)), 0.2 + 0.6 * rng.random((500, d))) for _ in range(20)
    ]
    error = np.std(found) / math.sqrt(len(found))
    assert np.mean(found) == pytest.approx(1 - mutual, abs=4 * error)
    assert error < 0.01


def test_authenticity_of_copies_and_of_far_samples():
    x = normal(60, 5)
    assert authenticity(x, x) == 0
    assert authenticity(x, x[:20] + 1e-9) == 0
    assert authenticity(x, x + 1e3) == 1
    mixed = np.vstack([x[:30], x[:10] + 1e3])
    assert authenticity(x, mixed) == 0.25


def test_copies_are_less_authentic_the_nearer_they_are():
    x = normal(300, 4, 1)
    noise = normal(300, 4, 2)
    found = [authenticity(x, x + size * noise) for size in (0, 0.1, 0.3, 0.6, 2)]
    assert found == sorted(found) and found[0] == 0 and found[-1] > 0.6


@pytest.mark.parametrize("d", [1, 2, 16])
def test_authenticity_against_brute_force(d):
    x, y = normal(80, d, 1), 0.8 * normal(50, d, 2)
    assert authenticity(x, y) == brute_authenticity(x, y)
    assert 0 < authenticity(x, y) < 1
    rng = np.random.default_rng(d)
    for _ in range(50):  # ties everywhere
        x, y = rng.integers(0, 6, (rng.integers(2, 30), d)), rng.integers(0, 6, (20, d))
        assert authenticity(x, y) == brute_authenticity(x, y)


def test_authenticity_knows_no_order_rotation_shift_or_scale():
    x, y = normal(80, 3, 1), normal(50, 3, 2)
    wanted = authenticity(x, y)
    q = ortho_group.rvs(3, random_state=0)
    rng = np.random.default_rng(0)
    assert authenticity(rng.permutation(x), rng.permutation(y)) == wanted
    assert authenticity(1e3 * x @ q + 50, 1e3 * y @ q + 50) == wanted


@pytest.mark.parametrize("rows", [0, 1, 7])
def test_chunks_of_authenticity_change_nothing(monkeypatch, rows):
    grid = np.random.default_rng(0).integers(0, 4, (64, 2))
    for x, y in ((normal(64, 3, 1), normal(50, 3, 2)), (grid, grid[::3] + 1)):
        whole = authenticity(x, y)
        monkeypatch.setattr(_neighbours, "CHUNK_BYTES", rows * 8 * len(x))
        assert authenticity(x, y) == whole
        monkeypatch.undo()


def test_authenticity_of_other_kinds_of_input():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 9, (30, 3)), rng.integers(0, 9, (20, 3))
    assert {authenticity(*both) for both in kinds(x, y)} == {brute_authenticity(x, y)}


@over_bad
def test_authenticity_of_bad_samples(bad):
    value, message = BAD[bad]
    with pytest.raises(ValueError, match=f"^train {message}"):
        authenticity(value, GOOD)
    with pytest.raises(ValueError, match=f"^fake {message}"):
        authenticity(GOOD, value)


def test_authenticity_of_what_does_not_compare():
    with pytest.raises(ValueError, match="train has 1 samples: at least 2 needed"):
        authenticity(GOOD[:1], GOOD)
    with pytest.raises(ValueError, match="train has 2 features and fake 3: not comparable"):
        authenticity(GOOD, normal(4, 3))


def test_the_entry_is_the_function(tmp_path):
    x, y = normal(60, 3, 1), normal(45, 3, 2)
    check_entry("authenticity", tmp_path, x, y, {"authenticity": authenticity(x, y)})
