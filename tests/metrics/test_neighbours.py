"""Balls to the k-th neighbour: by hand, brute force, rounding, chunks."""

import numpy as np
import pytest
import torch
from prdc import compute_prdc
from scipy.spatial.distance import cdist

from ganbench.metrics import _neighbours, density_coverage, precision_recall
from tests.metrics._helpers import brute, column, knn, normal, two

# ---- by hand ----


def test_a_point_at_the_radius_is_in_closed_balls_only():
    real = column(0, 1, 3, 8)  # k = 1, balls [-1, 1], [0, 2], [1, 5], [3, 13]
    fake = column(-1, 2, 13, 14)  # balls [-4, 2], [-1, 5], [12, 14], [13, 15]
    # closed: all but 14, all but 8; open: 2 in the third ball and nothing else
    assert knn(real, fake, 1) == [0.75, 0.75, 0.25, 0.25]


def test_neighbours_of_duplicates():
    real, fake = column(0, 0, 4, 4), column(0, 4, 2, 9)
    # k = 1, real radii 0: closed balls are points, open ones are empty
    assert knn(real, fake, 1) == [0.5, 1, 0, 0]
    # k = 2, real radii 4: open balls (-4, 4) twice and (0, 8) twice hold 2, 2, 4 and 0
    assert knn(real, fake, 2)[2:] == [1, 1]


def test_two_far_tight_sets_share_nothing():
    assert knn(normal(20, 3, 1), normal(20, 3, 2) + 100) == [0, 0, 0, 0]


def test_the_same_points_are_all_inside():
    x = normal(40, 3)
    assert knn(x, x, 5) == [1, 1, 1, 1]  # an open ball holds its centre and k - 1 others


def test_fakes_in_one_corner_are_precise_and_miss_the_rest():
    real = np.vstack([normal(50, 2, 1), normal(50, 2, 2) + 100])
    precision, recall, _, coverage = knn(real, real[:50] + 1e-6)
    assert (precision, recall, coverage) == (1, 0.5, 0.5)


# ---- independent references ----


def test_ties_of_whole_numbers_against_brute_force():
    rng = np.random.default_rng(0)
    for _ in range(200):
        n, m, d, k = rng.integers([6, 6, 1, 1], [30, 30, 4, 5])
        real, fake = rng.integers(0, 8, (n, d)), rng.integers(0, 8, (m, d))
        assert knn(real, fake, int(k)) == pytest.approx(brute(real, fake, k), abs=1e-12)


def test_radii_of_far_tight_clusters_against_brute_force():
    x, y = (np.vstack([normal(300, 1, s) - 1e8, normal(300, 1, s + 1) + 1e8]) for s in (1, 3))
    assert knn(x, y) == pytest.approx(brute(x, y, 3), abs=1e-12)


def test_neighbours_are_exact_however_far_from_zero():
    x, y = (np.round(64 * a) / 64 for a in two(64, 40))
    for shift in (2.0**20, 2.0**30, -(2.0**40)):  # the sums are exact
        assert knn(x + shift, y + shift) == knn(x, y)


@pytest.mark.parametrize(("n", "m", "d"), [(80, 80, 2), (100, 60, 8), (50, 90, 12)])
def test_neighbours_against_prdc(n, m, d):
    x, y = two(n, m, d)
    for k, keys in ((3, ("precision", "recall")), (5, ("density", "coverage"))):
        wanted = compute_prdc(x, y, nearest_k=k)
        found = precision_recall(x, y) if k == 3 else density_coverage(x, y)
        assert found == pytest.approx({key: wanted[key] for key in keys}, abs=1e-12)
    assert len({0, 1, *knn(x, y)}) >= 5  # none of them is trivial


@pytest.mark.parametrize("k", [1, 3, 5, 11])
@pytest.mark.parametrize("d", [1, 2, 16])
def test_neighbours_against_brute_force(k, d):
    x, y = two(70, 50, d)
    assert knn(x, y, k) == pytest.approx(brute(x, y, k), abs=1e-12)
    x, y = np.vstack([x, x[:30]]), np.vstack([y, y[:5], x[:5]])  # duplicates, within and between
    assert knn(x, y, k) == pytest.approx(brute(x, y, k), abs=1e-12)


@pytest.mark.parametrize("k", [1, 2, 4])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_ties_on_a_grid_against_brute_force(k, d):
    rng = np.random.default_rng(10 * k + d)
    for _ in range(20):
        x, y = rng.integers(0, 5, (16, d)), rng.integers(0, 5, (rng.integers(6, 30), d))
        assert knn(x, y, k) == pytest.approx(brute(x, y, k), abs=1e-12)


@pytest.mark.parametrize("k", [1, 3])
def test_radii_and_candidates_against_brute_force(k):
    x = np.round(normal(64, 2) * 4)  # many more points at one distance than there are candidates
    d = ((x[:, None] - x) ** 2).sum(-1)
    np.fill_diagonal(d, np.inf)
    assert (_neighbours.radii(torch.from_numpy(x), k).numpy() == np.sort(d, 1)[:, k - 1]).all()


def test_rounded_neighbours_are_put_in_order_by_exact_distances():
    x = np.vstack([normal(300, 1, 1) - 3e5, normal(300, 1, 2) + 3e5]).round(4)
    d = (x - x.T) ** 2
    np.fill_diagonal(d, np.inf)
    found = _neighbours.radii(torch.from_numpy(x), 3).numpy()
    assert found == pytest.approx(np.sort(d, 1)[:, 2], rel=1e-12, abs=0)


# ---- rounding ----


def at_the_edge():
    """Return real points, and others as far from each as its third neighbour, to within 1e-9."""
    x, towards = normal(80, 4, 1), normal(80, 4, 2)
    radius = np.sort(cdist(x, x), 1)[:, 3:4]
    off = 1 + 1e-9 * np.random.default_rng(3).integers(-1, 2, (80, 1))
    return x, x + towards / np.linalg.norm(towards, axis=1, keepdims=True) * radius * off


def clusters(apart):
    return [normal(150, 3, s) + apart * (np.arange(150) % 5)[:, None] for s in (1, 2)]


# What float32 cannot tell apart, or cannot hold.
ROUNDED = {
    "edge": at_the_edge(),
    "near clusters": clusters(1e3),
    "far clusters": clusters(1e5),
    "clusters that float64 rounds": clusters(1e9),
    "outlier": (np.vstack([normal(60, 3, 1), np.full((1, 3), 1e9)]), normal(60, 3, 2)),
    "below float32": tuple(
        np.vstack([1e-21 * normal(150, 8, s), np.ones((1, 8)), -np.ones((1, 8))]) for s in (1, 2)
    ),
    "copies": (np.repeat(normal(40, 3, 1), 4, 0), np.tile(normal(5, 3, 1), (30, 1))),
    "periods": (np.tile(normal(32, 3, 1), (7, 1)), np.tile(normal(96, 3, 2), (2, 1))),
    "one point": (normal(90, 3, 1), np.zeros((200, 3))),
    "tiny": (1e-160 * normal(60, 3, 1), 1e-160 * normal(60, 3, 2)),
    "small": (1e-30 * normal(60, 3, 1), 1e-30 * normal(60, 3, 2)),
    "large": (1e30 * normal(60, 3, 1), 1e30 * normal(60, 3, 2)),
    "mixed": tuple(normal(90, 3, s) * 10.0 ** (np.arange(90) % 40 - 20)[:, None] for s in (1, 2)),
}


@pytest.mark.parametrize("kind", ROUNDED)
@pytest.mark.parametrize("offset", [0, 1e6])
def test_what_float32_rounds_against_brute_force(kind, offset):
    x, y = (a + offset for a in ROUNDED[kind])
    assert knn(x, y) == pytest.approx(brute(x, y, 3), abs=1e-12)


@pytest.mark.parametrize("offset", [0, 1e6])
@pytest.mark.parametrize("d", [1, 7, 300])
@pytest.mark.parametrize("kind", ["normal", "clusters", "positive", "mixed"])
def test_bound_on_the_rounding_of_distances(kind, d, offset):
    x, y = normal(80, d, 1), 0.5 * normal(60, d, 2)
    if kind == "clusters":
        x[::2] += 1e4
        y[::3] += 1e4
    elif kind == "positive":
        x, y = abs(x), abs(y)
    elif kind == "mixed":
        x, y = (a * 10.0 ** (np.arange(len(a)) % 50 - 25)[:, None] for a in (x, y))
    x, y = x + offset, y + offset
    pairs = _neighbours.Pairs(torch.from_numpy(x), torch.from_numpy(y))
    wide = [a.astype(np.longdouble) for a in (x, y)]
    true = np.array([((a - wide[1]) ** 2).sum(1) for a in wide[0]]) / pairs.unit
    least = torch.minimum(pairs.x2[:, None], pairs.y2).numpy()
    found = list(pairs.attempts(slice(0, 80)))
    assert [squared.dtype for squared, _ in found] == [torch.float32, torch.float64]
    for squared, share in found:
        off = abs(squared.numpy() - true)
        assert (off <= share * (8 * least + 2 * true)).all()


def used(monkeypatch, x, y):
    """Return the types in which distances were taken."""
    found, attempts = set(), _neighbours.Pairs.attempts

    def watched(self, part):
        for squared, share in attempts(self, part):
            found.add(squared.dtype)
            yield squared, share

    monkeypatch.setattr(_neighbours.Pairs, "attempts", watched)
    knn(x, y)
    return found


def test_float64_is_left_to_what_float32_rounds(monkeypatch):
    both = {torch.float32, torch.float64}
    assert used(monkeypatch, *two(300, 300, 8)) == {torch.float32}
    assert used(monkeypatch, *ROUNDED["far clusters"]) == both


@pytest.mark.parametrize("precision", ["high", "medium"])
def test_products_that_are_not_float32_are_left(monkeypatch, precision):
    x, y = two(300, 300, 8)
    usual = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(precision)
    try:
        assert used(monkeypatch, x, y) == {torch.float64}
        assert knn(x, y) == pytest.approx(brute(x, y, 3), abs=1e-12)
    finally:
        torch.set_float32_matmul_precision(usual)


def test_exact_distances_are_few(monkeypatch):
    """Float32 leaves little open, and copies of one point are not compared among themselves."""
    asked, between = [], _neighbours.between

    def counted(x, y, row, column):
        asked.append(len(row))
        return between(x, y, row, column)

    monkeypatch.setattr(_neighbours, "between", counted)
    for fake in (normal(1000, 16, 2), np.zeros((1000, 16))):
        asked.clear()
        knn(normal(1000, 16, 1), fake)
        assert sum(asked) < 20_000  # of 5 million pairs


@pytest.mark.parametrize("crowded", [1, 10**9])
def test_precision_of_neighbours_changes_nothing(monkeypatch, crowded):
    for x, y in ROUNDED.values():
        whole = knn(x, y)
        monkeypatch.setattr(_neighbours, "CROWDED", crowded)  # float32 alone, float64 alone
        assert knn(x, y) == whole
        monkeypatch.undo()


# ---- chunks ----


@pytest.mark.parametrize("share", [0, 0.01, 1])
def test_places_of_what_is_true(share):
    for shape in ((1, 1), (3, 5), (8, 8), (7, 33), (40, 41)):
        mask = torch.from_numpy(np.random.default_rng(0).random(shape) < share)
        for found, wanted in zip(
            _neighbours.marked(mask), mask.nonzero(as_tuple=True), strict=True
        ):
            assert torch.equal(found, wanted)


@pytest.mark.parametrize("rows", [0, 1, 7, 44])
def test_chunks_of_neighbours_change_nothing(monkeypatch, rows):
    grid = np.random.default_rng(0).integers(0, 4, (64, 2))  # ties; 64 keeps the mean exact
    for x, y in (two(), (grid, grid[::3] + 1)):
        whole = knn(x, y)
        monkeypatch.setattr(_neighbours, "CHUNK_BYTES", rows * 8 * len(x))
        assert knn(x, y) == whole
        monkeypatch.undo()


def test_chunks_hold_no_more_than_asked(monkeypatch):
    monkeypatch.setattr(_neighbours, "CHUNK_BYTES", 8 * 45 * 7)
    x, y = map(torch.from_numpy, two())
    sizes = [part.stop - part.start for part in _neighbours.pieces(len(x), len(y))]
    assert sizes == [7] * 8 + [4]
