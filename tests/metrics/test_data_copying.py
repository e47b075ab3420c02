"""The data-copying test: by hand, its distribution, brute force, chunks."""

import importlib
import math

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import mannwhitneyu, ortho_group

from ganbench.metrics import _neighbours, data_copying
from tests.metrics._helpers import BAD, check_entry, column, kinds, normal, over_bad

COPYING = importlib.import_module("ganbench.metrics.data_copying")
GOOD = normal(40, 2)


def three(seed=0, sizes=(400, 300, 350), d=2):
    """Return train, test and fake of one distribution."""
    return [normal(n, d, 10 * seed + i) for i, n in enumerate(sizes)]


def c_t(*sets, **options):
    return data_copying(*sets, **options)["memorisation"]


def brute_c_t(train, test, fake, centers, least):
    """Return C_T by all differences and scipy's U."""
    cells = [cdist(a, centers).argmin(1) for a in (train, test, fake)]
    total = weight = 0.0
    for i in range(len(centers)):
        t, x, y = (a[c == i] for a, c in zip((train, test, fake), cells, strict=True))
        if len(y) > least and len(x):
            dx, dy = cdist(x, t).min(1), cdist(y, t).min(1)
            u = mannwhitneyu(dy, dx, alternative="less", method="asymptotic").statistic
            n, m = len(x), len(y)
            z = (u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)
            total, weight = total + z * len(x), weight + len(x)
    return total / weight


def test_mann_whitney_by_hand():
    # fake 1 and 4 against test 2, 3, 4: 0 and 2.5 of 3 pairs are larger
    z = COPYING.mann_whitney(np.array([2.0, 3, 4]), np.array([1.0, 4]))
    assert z == pytest.approx((2.5 - 3) / math.sqrt(6 * 6 / 12), rel=1e-14)


def test_data_copying_by_hand():
    """Two cells, at 0 and 100; distances to the training points of the own cell."""
    train, test = column(0, 2, 100, 102), column(5, 6, -1, 105)
    fake = column(0, 2, 4, 100, 109, 110)
    # cell 0: test 3, 4, 1, fake 0, 0, 2 is larger in 1 of 9; cell 1: test 3, fake 0, 7, 8: 2 of 3
    low = (1 - 4.5) / math.sqrt(9 * 7 / 12)
    high = (2 - 1.5) / math.sqrt(3 * 5 / 12)
    assert c_t(train, test, fake, cells=2, least=2) == pytest.approx((3 * low + high) / 4)
    # one more fake in cell 0, and cell 1 has too few
    more = np.vstack([fake, [[1]]])  # at 1, a tie with the test's 1
    low = (1.5 - 6) / math.sqrt(12 * 8 / 12)
    assert c_t(train, test, more, cells=2, least=3) == pytest.approx(low)


def test_distances_are_to_the_training_points_of_the_cell():
    train = column(0, 1, 2, 10, 11, 12)  # cells split at 6
    test, fake = column(0.5, 4), column(5.9, 5.8)
    # 5.9 is 3.9 from 2 in its own cell, 4.1 from 10 in the other; 4 is 2 from 2: 4 of 4 larger
    assert c_t(train, test, fake, cells=2, least=0) == pytest.approx(2 / math.sqrt(4 * 5 / 12))


def test_copies_give_the_lowest_score_there_is():
    train, test, _ = three()
    n, m = len(test), 350
    lowest = -math.sqrt(3 * n * m / (n + m + 1))  # U = 0
    assert c_t(train, test, train[:m], cells=1) == pytest.approx(lowest, rel=1e-12)
    assert c_t(train, test, 5 + 100 * train[:m], cells=1) > 0.9 * -lowest
    assert c_t(train, test, train[:m], cells=4) < -10


def test_data_copying_is_standard_normal_where_nothing_is_copied():
    found = np.array([c_t(*three(s), cells=1) for s in range(200)])
    # both sides share the training set: given it, Z is standard normal
    assert abs(found.mean()) < 4 / math.sqrt(200)
    assert found.std() == pytest.approx(1, abs=4 / math.sqrt(400))


def test_nearer_copies_score_lower():
    train, test, noise = three()
    found = [c_t(train, test, train[:350] + s * noise, cells=3) for s in (0, 0.03, 0.1, 1, 3)]
    assert found == sorted(found)
    assert found[0] < -10 and found[-1] > 3


def test_data_copying_changes_sign_with_the_sides():
    train, test, fake = three()
    one, other = c_t(train, test, fake * 1.1, cells=1), c_t(train, fake * 1.1, test, cells=1)
    assert one == pytest.approx(-other, rel=1e-12) and abs(one) > 0.1


def test_data_copying_where_all_is_alike_is_zero():
    x = np.full((30, 2), 3.0)
    assert c_t(x, x, x, cells=1) == 0
    train, test, _ = three()
    assert c_t(train, test, test, cells=5) == pytest.approx(0, abs=1e-12)


def test_data_copying_knows_no_order_rotation_shift_or_scale():
    train, test, fake = three()
    fake = 1.2 * fake
    wanted = c_t(train, test, fake, cells=1)
    q = ortho_group.rvs(2, random_state=0)
    assert c_t(*(7 * a @ q + 30 for a in (train, test, fake)), cells=1) == pytest.approx(wanted)
    rng = np.random.default_rng(0)
    assert c_t(*map(rng.permutation, (train, test, fake)), cells=1) == pytest.approx(wanted)
    # with cells, k-means sees the order of the training set, and nothing else does
    wanted = c_t(train, test, fake, cells=4)
    assert c_t(train, rng.permutation(test), rng.permutation(fake), cells=4) == pytest.approx(
        wanted
    )


@pytest.mark.parametrize(("d", "cells"), [(1, 1), (2, 6), (8, 10)])
def test_data_copying_against_brute_force(d, cells):
    train, test, fake = three(d, d=d)
    fake[:100] = train[:100] + 0.01  # some copying, some cells that lose
    centers = COPYING.prepare((train, test), cells)["centers"]
    for least in (0, 20, 40):
        wanted = brute_c_t(train, test, fake, centers, least)
        assert c_t(train, test, fake, cells=cells, least=least) == pytest.approx(wanted, rel=1e-9)


def test_cells_of_the_same_seed_are_the_same():
    train, test, fake = three()
    assert c_t(train, test, fake, seed=3) == c_t(train, test, fake, seed=3)
    assert c_t(train, test, fake, seed=3) != c_t(train, test, fake, seed=4)


@pytest.mark.parametrize("rows", [0, 1, 7])
def test_chunks_of_data_copying_change_nothing(monkeypatch, rows):
    grid = [np.random.default_rng(i).integers(0, 5, (n, 2)) for i, n in enumerate((64, 40, 90))]
    for sets in (three(1, (64, 40, 90)), grid):
        whole = c_t(*sets, cells=3, least=5)
        monkeypatch.setattr(_neighbours, "CHUNK_BYTES", rows * 8 * 64)
        assert c_t(*sets, cells=3, least=5) == whole
        monkeypatch.undo()


def test_data_copying_of_other_kinds_of_input():
    sets = [np.random.default_rng(i).integers(0, 9, (50, 3)) for i in range(3)]
    assert len({c_t(*three, cells=2, least=5) for three in kinds(*sets)}) == 1


@over_bad
def test_data_copying_of_bad_samples(bad):
    value, message = BAD[bad]
    with pytest.raises(ValueError, match=f"^train {message}"):
        data_copying(value, GOOD, GOOD)
    with pytest.raises(ValueError, match=f"^test {message}"):
        data_copying(GOOD, value, GOOD)
    with pytest.raises(ValueError, match=f"^fake {message}"):
        data_copying(GOOD, GOOD, value)


@pytest.mark.parametrize(
    ("sets", "options", "message"),
    [
        ((GOOD, normal(9, 3), GOOD), {}, "train has 2 features and test 3: not comparable"),
        ((GOOD, GOOD, normal(9, 3)), {}, "train has 2 features and fake 3: not comparable"),
        ((GOOD, GOOD, GOOD), {"cells": 41}, "cells is 41: at most 40 allowed"),
        ((GOOD, GOOD, GOOD), {"cells": 0}, "cells is 0: an integer of at least 1"),
        ((GOOD, GOOD, GOOD), {"least": -1}, "least is -1: an integer of at least 0"),
        ((GOOD % 1 > 2, GOOD, GOOD), {"cells": 3}, "cells is 3: 2 of them would hold no training"),
        ((GOOD, GOOD, GOOD[:20]), {}, "fake has 20 samples: none of 10 cells holds more than 20"),
    ],
)
def test_data_copying_of_bad_input(sets, options, message):
    with pytest.raises(ValueError, match=message):
        data_copying(*sets, **options)


def test_data_copying_where_test_and_fake_share_no_cell():
    train = column(*range(5), *range(100, 105))
    with pytest.raises(ValueError, match="fake has 30 samples: none of 2 cells"):
        data_copying(train, column(1, 2), np.full((30, 1), 101.0), cells=2)


def test_the_entry_is_the_function(tmp_path):
    train, test, fake = three()
    check_entry("memorisation", tmp_path, (train, test), fake, data_copying(train, test, fake))
