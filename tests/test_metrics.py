"""Metrics against closed forms, invariants, other chunk sizes and independent references."""

import importlib
import math

import numpy as np
import ot
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from prdc import compute_prdc
from scipy.linalg import sqrtm
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from scipy.stats import chi, entropy, ortho_group, wasserstein_distance

from ganbench import registry
from ganbench.metrics import (
    _neighbours,
    class_coverage,
    density_coverage,
    frechet_distance,
    mode_coverage,
    precision_recall,
    sliced_wasserstein,
    wasserstein,
)
from ganbench.spec import Mixture

SLICED = importlib.import_module("ganbench.metrics.sliced_wasserstein")
EXACT = importlib.import_module("ganbench.metrics.wasserstein")
QUICK = settings(max_examples=40, deadline=None, database=None, derandomize=True)


def knn(real, fake, k=3):
    """Return precision, recall, density and coverage."""
    found = precision_recall(real, fake, k) | density_coverage(real, fake, k)
    return [found[key] for key in ("precision", "recall", "density", "coverage")]


# Each returns an array, so that one test can hold them all to the same rule.
METRICS = {
    "fd": lambda x, y: np.array([frechet_distance(x, y)]),
    "knn": lambda x, y: np.array(knn(x, y)),
    "w1": lambda x, y: np.array([wasserstein(x, y, 1)]),
    "w2": lambda x, y: np.array([wasserstein(x, y, 2)]),
    "sliced": lambda x, y: np.array([sliced_wasserstein(x, y, 50)]),
}
DISTANCES = {name: metric for name, metric in METRICS.items() if name != "knn"}
ROTATABLE = {name: metric for name, metric in METRICS.items() if name != "sliced"}


def over(metrics):
    return pytest.mark.parametrize("metric", metrics.values(), ids=list(metrics))


def normal(n, d, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d))


def two(n=60, m=45, d=3):
    """Return two sets that overlap in part."""
    return normal(n, d, 1), 0.7 * normal(m, d, 2) + 0.5


def exactly(n, mean, cov, seed=0):
    """Return a sample whose own mean and covariance are ``mean`` and ``cov``."""
    z = normal(n, len(mean), seed)
    z -= z.mean(0)
    white = np.linalg.solve(np.linalg.cholesky(np.atleast_2d(np.cov(z.T))), z.T)
    return mean + (np.linalg.cholesky(cov) @ white).T


def covariance(d, seed):
    a = normal(d, d, seed)
    return a @ a.T + 0.1 * np.eye(d)


def gaussian_fd(mean1, cov1, mean2, cov2):
    """Return the distance by the symmetric square root, which needs no commuting matrices."""
    root = sqrtm(cov1).real
    cross = np.trace(sqrtm(root @ cov2 @ root).real)
    return ((mean1 - mean2) ** 2).sum() + np.trace(cov1) + np.trace(cov2) - 2 * cross


def brute(real, fake, k):
    """Return what ``knn`` should: balls by all differences in numpy, nothing clever."""
    real, fake = np.asarray(real, float), np.asarray(fake, float)

    def squared(a, b):
        return ((a[:, None] - b) ** 2).sum(-1)

    def radii(a):
        own = squared(a, a)
        np.fill_diagonal(own, np.inf)
        return np.sort(own, 1)[:, k - 1]

    d = squared(fake, real)
    strict = d < radii(real)
    precision, recall = (d <= radii(real)).any(1).mean(), (radii(fake) >= d.T).any(1).mean()
    return [precision, recall, strict.sum() / (k * len(fake)), strict.any(0).mean()]


def column(*values):
    return np.array(values, float)[:, None]


# ---- 1. closed forms: Fréchet ----


def test_frechet_of_commuting_gaussians():
    s, t = np.array([1.0, 2.0, 3.0]), np.array([0.5, 2.0, 5.0])
    x = exactly(40, np.zeros(3), np.diag(s**2), 1)
    y = exactly(30, np.array([1.0, 2.0, 2.0]), np.diag(t**2), 2)
    assert frechet_distance(x, y) == pytest.approx(9 + ((s - t) ** 2).sum(), rel=1e-12)


def test_frechet_of_plane_gaussians_that_do_not_commute():
    a, b = np.array([[4.0, 1.5], [1.5, 1.0]]), np.array([[1.0, -0.5], [-0.5, 3.0]])
    assert np.abs(a @ b - b @ a).max() > 1
    # in the plane, tr sqrt(M) = sqrt(tr M + 2 sqrt(det M))
    cross = math.sqrt(np.trace(a @ b) + 2 * math.sqrt(np.linalg.det(a @ b)))
    x, y = exactly(20, np.zeros(2), a, 1), exactly(50, np.array([3.0, 4.0]), b, 2)
    wanted = 25 + np.trace(a) + np.trace(b) - 2 * cross
    assert frechet_distance(x, y) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("d", [1, 2, 5, 24])
def test_frechet_against_scipy_square_root(d):
    m1, m2, c1, c2 = normal(1, d, 1)[0], normal(1, d, 2)[0], covariance(d, 3), covariance(d, 4)
    x, y = exactly(60, m1, c1, 5), exactly(40, m2, c2, 6)
    assert frechet_distance(x, y) == pytest.approx(gaussian_fd(m1, c1, m2, c2), rel=1e-9)


def test_frechet_of_point_masses():
    x, y = np.tile([1.0, 2.0], (5, 1)), np.tile([4.0, 6.0], (3, 1))
    assert frechet_distance(x, y) == pytest.approx(25, rel=1e-14)


def test_frechet_of_point_mass_and_gaussian_is_the_mean_square():
    x, y = normal(30, 4), np.full((7, 4), 2.0)
    wanted = ((x.mean(0) - 2) ** 2).sum() + x.var(0, ddof=1).sum()
    assert frechet_distance(x, y) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("n", [10, 16, 63, 64, 65])
def test_frechet_of_fewer_samples_than_features(n):
    """Data of 4 dimensions, rotated into 64: rank-deficient, and the distance is that of 4."""
    x, y = normal(n, 4, 1), normal(n + 3, 4, 2) * [1, 2, 3, 0.1] + 1
    into = ortho_group.rvs(64, random_state=0)[:4]
    wanted = gaussian_fd(x.mean(0), np.cov(x.T), y.mean(0), np.cov(y.T))
    assert frechet_distance(x @ into, y @ into) == pytest.approx(wanted, rel=1e-9)


def test_frechet_of_constant_features():
    x, y = two()
    wider = [np.hstack([a, np.full((len(a), 1), c)]) for a, c in ((x, 2.0), (y, 5.0))]
    assert frechet_distance(*wider) == pytest.approx(frechet_distance(x, y) + 9, rel=1e-12)


# ---- 1. closed forms: transport ----


@pytest.mark.parametrize("p", [1, 2])
def test_line_transport_matches_sorted_values(p):
    x, y = normal(50, 1, 1), normal(50, 1, 2) * 3 + 1
    wanted = (np.abs(np.sort(x, 0) - np.sort(y, 0)) ** p).mean() ** (1 / p)
    assert wasserstein(x, y, p) == pytest.approx(wanted, rel=1e-12)


def test_transport_by_hand():
    # half of the mass goes 3, the other half goes 5
    assert wasserstein([[0.0, 0.0]], [[3.0, 0.0], [3.0, 4.0]], 1) == pytest.approx(4)
    assert wasserstein([[0.0, 0.0]], [[3.0, 0.0], [3.0, 4.0]], 2) == pytest.approx(math.sqrt(17))
    assert wasserstein([[1.0]], [[4.0]]) == pytest.approx(3)


def test_transport_of_points_to_a_point_is_the_mean_cost():
    x, y = normal(20, 3), np.tile([1.0, 2.0, 3.0], (9, 1))
    d = np.linalg.norm(x - y[0], axis=1)
    assert wasserstein(x, y, 1) == pytest.approx(d.mean())
    assert wasserstein(x, y, 2) == pytest.approx(math.sqrt((d**2).mean()))


def test_sliced_on_a_line_is_w2():
    for n, m in ((20, 20), (20, 33), (1, 7)):
        x, y = normal(n, 1, 1), 2 * normal(m, 1, 2)
        assert sliced_wasserstein(x, y, 3) == pytest.approx(wasserstein(x, y), rel=1e-9)


def test_sliced_shift_is_the_mean_square_projection():
    x, shift = normal(30, 4), np.array([1.0, 2.0, 3.0, 4.0])
    theta = SLICED.directions(4, 1000, 0)
    found = sliced_wasserstein(x, x + shift)
    assert found == pytest.approx(math.sqrt(((shift @ theta) ** 2).mean()), rel=1e-12)
    assert found == pytest.approx(math.sqrt(30 / 4), rel=0.05)  # |shift| / sqrt(D) over all


def test_directions_are_uniform_unit_vectors_by_seed():
    theta = SLICED.directions(5, 4000, 7)
    assert theta.shape == (5, 4000)
    assert np.allclose(np.linalg.norm(theta, axis=0), 1, atol=1e-14)
    assert np.abs(theta.mean(1)).max() < 0.04
    assert np.allclose(theta @ theta.T / 4000, np.eye(5) / 5, atol=0.02)
    assert (theta == SLICED.directions(5, 4000, 7)).all()
    assert (theta != SLICED.directions(5, 4000, 8)).all()


# ---- 1. closed forms: neighbours ----


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


def test_density_and_coverage_of_a_perfect_generator():
    """Naeem et al. 2020, section 4: their expectations need nothing of the distribution."""
    n, m, k = 40, 30, 5
    found = [knn(normal(n, 2, 2 * s), normal(m, 2, 2 * s + 1), k)[2:] for s in range(150)]
    coverage = 1 - math.prod((n - i) / (n + m - i) for i in range(1, k + 1))
    error = np.std(found, axis=0) / math.sqrt(len(found))
    assert (np.abs(np.mean(found, 0) - [1, coverage]) < 4 * error).all()
    assert (error < 0.02).all()


def test_ties_are_exact_whatever_the_mean():
    # k = 1, real balls [-1, 1], [0, 2], [1, 7]: -1 is on the edge of the first
    assert precision_recall(column(0, 1, 4), column(-6, -1), 1)["precision"] == 0.5


def test_ties_of_whole_numbers_against_brute_force():
    rng = np.random.default_rng(0)
    for _ in range(200):
        n, m, d, k = rng.integers([6, 6, 1, 1], [30, 30, 4, 5])
        real, fake = rng.integers(0, 8, (n, d)), rng.integers(0, 8, (m, d))
        assert knn(real, fake, int(k)) == pytest.approx(brute(real, fake, k), abs=1e-12)


def test_radii_of_far_tight_clusters_against_brute_force():
    x, y = (np.vstack([normal(300, 1, s) - 1e8, normal(300, 1, s + 1) + 1e8]) for s in (1, 3))
    assert knn(x, y) == pytest.approx(brute(x, y, 3), abs=1e-12)


# ---- 1. closed forms: modes and classes ----


def test_mode_coverage_by_hand():
    centers = column(0, 10, 20, 30)
    found = mode_coverage(column(0, -1, 3, 13.5, 20), centers, 1.0)
    # 3 is exactly at three deviations; 13.5 belongs to the mode at 10 and is too far
    wanted = 0.6 * math.log(0.6 * 4) + 2 * 0.2 * math.log(0.2 * 4)
    assert found == {"modes": 2, "hq": 0.8, "reverse_kl": pytest.approx(wanted, rel=1e-12)}


@pytest.mark.parametrize("m", range(1, 9))
def test_m_of_eight_modes(m):
    angle = np.arange(8) * math.pi / 4
    centers = 2 * np.stack([np.cos(angle), np.sin(angle)], 1)
    found = mode_coverage(np.repeat(centers[:m], 5, 0), centers, 0.02)
    assert found == {"modes": m, "hq": 1, "reverse_kl": pytest.approx(math.log(8 / m), abs=1e-12)}


def test_mode_weights():
    weights = [0.5, 0.25, 0.25]
    found = mode_coverage(column(0, 0, 5, 9), column(0, 5, 9), 0.1, weights)
    assert found["reverse_kl"] == pytest.approx(0, abs=1e-15)
    found = mode_coverage(column(5, 5, 5), column(0, 5, 9), 0.1, weights)
    assert found["reverse_kl"] == pytest.approx(math.log(4))


@pytest.mark.parametrize(("d", "wanted"), [(2, 1 - math.exp(-4.5)), (3, chi.cdf(3, 3))])
def test_hq_of_a_perfect_sampler(d, wanted):
    n, rng = 40_000, np.random.default_rng(0)
    centers = 10 * np.eye(d)
    found = mode_coverage(centers[rng.integers(d, size=n)] + 0.1 * normal(n, d), centers, 0.1)
    assert found["modes"] == d
    assert found["hq"] == pytest.approx(wanted, abs=4 * math.sqrt(wanted * (1 - wanted) / n))
    assert 0 <= found["reverse_kl"] < 10 / n


def test_far_samples_cover_no_mode():
    assert mode_coverage(column(50), column(0, 1), 1.0)["modes"] == 0


def test_class_coverage_by_hand():
    found = class_coverage([0, 0, 1, 2], 4)
    assert found["modes"] == 3
    assert found["entropy"] == pytest.approx(1.5 * math.log(2))
    assert found["reverse_kl"] == pytest.approx(math.log(4) - 1.5 * math.log(2))


def test_class_coverage_against_scipy():
    labels = np.random.default_rng(0).integers(0, 6, 200) ** 2 % 7
    p, q = np.bincount(labels, minlength=10) / 200, np.arange(1, 11) / 55
    found = class_coverage(labels, 10, q)
    wanted = {"modes": (p > 0).sum(), "reverse_kl": entropy(p, q), "entropy": entropy(p)}
    assert found == pytest.approx(wanted, rel=1e-12)
    assert class_coverage(torch.from_numpy(labels), 10, q) == found
    assert class_coverage(np.arange(10), 10)["reverse_kl"] == pytest.approx(0, abs=1e-15)


# ---- 2. invariants ----


@over(DISTANCES)
@pytest.mark.parametrize("shape", [(16, 64), (2, 1), (100, 5)])
def test_identity_is_zero(metric, shape):
    x = normal(*shape)
    assert metric(x, x) == pytest.approx(0, abs=1e-9)
    assert metric(x, x[::-1]) == pytest.approx(0, abs=1e-9)


@over(DISTANCES)
def test_distances_are_symmetric_and_positive(metric):
    x, y = two()
    assert metric(x, y) == pytest.approx(metric(y, x), rel=1e-12)
    assert metric(x, y) > 0.1


def test_precision_is_the_recall_of_the_other_side():
    x, y = two()
    one, other = precision_recall(x, y), precision_recall(y, x)
    assert (one["precision"], one["recall"]) == (other["recall"], other["precision"])
    assert one["precision"] != one["recall"]


@over(METRICS)
def test_order_of_samples_is_irrelevant(metric):
    x, y = two()
    rng = np.random.default_rng(0)
    assert metric(rng.permutation(x), rng.permutation(y)) == pytest.approx(metric(x, y), rel=1e-12)


@over(ROTATABLE)
def test_rotation_is_irrelevant(metric):
    x, y = two()
    q = ortho_group.rvs(3, random_state=1)
    assert metric(x @ q, y @ q) == pytest.approx(metric(x, y), rel=1e-10)


@over(METRICS)
@pytest.mark.parametrize(("shift", "rel"), [(10.0, 1e-11), (1e6, 1e-7), (-1e6, 1e-7)])
def test_translation_is_irrelevant(metric, shift, rel):
    x, y = two()
    assert metric(x + shift, y + shift) == pytest.approx(metric(x, y), rel=rel)


@over(METRICS)
@pytest.mark.parametrize("scale", [1e-3, 1e4])
def test_scale(metric, scale):
    x, y = two()
    power = {METRICS["fd"]: 2, METRICS["knn"]: 0}.get(metric, 1)
    assert metric(scale * x, scale * y) == pytest.approx(scale**power * metric(x, y), rel=1e-10)


def test_neighbours_are_exact_however_far_from_zero():
    x, y = (np.round(64 * a) / 64 for a in two(64, 40))
    for shift in (2.0**20, 2.0**30, -(2.0**40)):  # the sums are exact
        assert knn(x + shift, y + shift) == knn(x, y)


def test_shift_costs_its_length():
    x, shift = normal(30, 3), np.array([2.0, 3.0, 6.0])
    assert wasserstein(x, x + shift, 1) == pytest.approx(7, rel=1e-12)
    assert wasserstein(x, x + shift, 2) == pytest.approx(7, rel=1e-12)
    assert frechet_distance(x, x + shift) == pytest.approx(49, rel=1e-12)


@pytest.mark.parametrize("p", [1, 2])
def test_triangle_inequality(p):
    x, y, z = normal(20, 2, 1), normal(25, 2, 2) + 1, normal(15, 2, 3) * 2
    assert wasserstein(x, z, p) <= wasserstein(x, y, p) + wasserstein(y, z, p)


def test_order_of_the_distances():
    x, y = two()
    assert sliced_wasserstein(x, y) < wasserstein(x, y, 2)
    assert wasserstein(x, y, 1) < wasserstein(x, y, 2)


@pytest.mark.parametrize("p", [1, 2])
def test_repeating_every_sample_changes_no_transport(p):
    x, y = two()
    repeated = wasserstein(np.repeat(x, 2, 0), np.tile(y, (3, 1)), p)
    assert repeated == pytest.approx(wasserstein(x, y, p), rel=1e-10)


# ---- 3. chunk sizes ----


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


@pytest.mark.parametrize("crowded", [1, 10**9])
def test_precision_of_neighbours_changes_nothing(monkeypatch, crowded):
    for x, y in ROUNDED.values():
        whole = knn(x, y)
        monkeypatch.setattr(_neighbours, "CROWDED", crowded)  # float32 alone, float64 alone
        assert knn(x, y) == whole
        monkeypatch.undo()


@pytest.mark.parametrize("block", [1, 7, 50, 10_000])
@pytest.mark.parametrize("m", [60, 45])
def test_blocks_of_directions_change_nothing(monkeypatch, block, m):
    x, y = two(60, m)
    whole = sliced_wasserstein(x, y, 300)
    monkeypatch.setattr(SLICED, "BLOCK", block)
    assert sliced_wasserstein(x, y, 300) == pytest.approx(whole, rel=1e-13)


@QUICK
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 99))
def test_sliced_of_unequal_sizes_is_that_of_repeated_sets(n, m, seed):
    x, y = normal(n, 3, seed), 2 * normal(m, 3, seed + 1)
    common = math.lcm(n, m)
    repeated = [np.repeat(a, common // len(a), 0) for a in (x, y)]
    assert sliced_wasserstein(x, y, 20) == pytest.approx(
        sliced_wasserstein(*repeated, 20), rel=1e-9
    )


# ---- 4. independent references ----


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


@QUICK
@given(
    st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=12),
    st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=12),
)
def test_w1_on_a_line_against_scipy(x, y):
    found = wasserstein(column(*x), column(*y), 1)
    assert found == pytest.approx(wasserstein_distance(x, y), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize(("n", "d"), [(40, 2), (100, 16), (12, 50)])
def test_transport_against_an_assignment(p, n, d):
    x, y = two(n, n, d)
    cost = cdist(x, y) ** p
    wanted = cost[linear_sum_assignment(cost)].mean() ** (1 / p)
    assert wasserstein(x, y, p) == pytest.approx(wanted, rel=1e-10)


@pytest.mark.parametrize("p", [1, 2])
def test_unequal_transport_against_an_assignment_of_copies(p):
    x, y = two(12, 8, 3)
    cost = cdist(np.repeat(x, 2, 0), np.repeat(y, 3, 0)) ** p
    wanted = cost[linear_sum_assignment(cost)].mean() ** (1 / p)
    assert wasserstein(x, y, p) == pytest.approx(wanted, rel=1e-10)


@pytest.mark.parametrize("d", [2, 20])
def test_sliced_against_pot(d):
    x, y = two(50, 50, d)
    theta = SLICED.directions(d, 300, 4)
    wanted = ot.sliced_wasserstein_distance(x, y, projections=theta, p=2)
    assert sliced_wasserstein(x, y, 300, seed=4) == pytest.approx(wanted, rel=1e-10)


@pytest.mark.parametrize(("n", "m", "d"), [(200, 100, 10), (50, 80, 3)])
def test_frechet_against_the_usual_formula(n, m, d):
    x, y = normal(n, d, 1) @ covariance(d, 2), normal(m, d, 3) @ covariance(d, 4) + 1
    c1, c2 = np.cov(x.T), np.cov(y.T)
    means = ((x.mean(0) - y.mean(0)) ** 2).sum()
    wanted = means + np.trace(c1) + np.trace(c2) - 2 * np.trace(sqrtm(c1 @ c2)).real
    assert frechet_distance(x, y) == pytest.approx(wanted, rel=1e-8)


# ---- degenerate and other inputs ----


@over(METRICS)
@pytest.mark.parametrize("kind", ["float16", "float32", "uint8", "int64", "list", "strided"])
def test_kinds_of_input_agree(metric, kind):
    x, y = (np.random.default_rng(s).integers(0, 9, (16 + s, 3)).astype(float) for s in (0, 5))

    def cast(a):
        if kind == "strided":
            return np.asfortranarray(np.repeat(a, 2, 0))[::2][::-1][::-1]
        return a.tolist() if kind == "list" else a.astype(kind)

    wanted = metric(x, y)
    assert (metric(cast(x), cast(y)) == wanted).all()
    if kind not in ("list", "strided"):
        tensors = torch.from_numpy(cast(x)), torch.from_numpy(cast(y))
        assert (metric(*tensors) == wanted).all()
        assert (metric(tensors[0], cast(y)) == wanted).all()


@over(METRICS)
def test_tensors_with_gradients_agree_and_inputs_are_left_alone(metric):
    x, y = two()
    before = x.copy(), y.copy()
    a, b = (torch.from_numpy(v.copy()).requires_grad_() for v in (x, y))
    assert (metric(a, b) == metric(x, y)).all()
    assert (x == before[0]).all() and (y == before[1]).all()
    assert (a.detach().numpy() == x).all() and (b.detach().numpy() == y).all()


@over(METRICS)
def test_inputs_of_low_rank(metric):
    x, y = two()
    zeros = [np.hstack([a, np.zeros((len(a), 2))]) for a in (x, y)]
    if metric is not METRICS["sliced"]:
        assert metric(*zeros) == pytest.approx(metric(x, y), rel=1e-10)
    copies = [np.hstack([a, a]) for a in (x, y)]  # every squared distance doubles
    if metric is METRICS["knn"]:
        assert (metric(*copies) == metric(x, y)).all()
    elif metric is METRICS["fd"]:
        assert metric(*copies) == pytest.approx(2 * metric(x, y), rel=1e-10)
    elif metric is not METRICS["sliced"]:
        assert metric(*copies) == pytest.approx(math.sqrt(2) * metric(x, y), rel=1e-10)


@over(METRICS)
def test_constant_sets(metric):
    x = np.full((6, 3), 7.0)
    same, apart = metric(x, x[:5]), metric(x, x[:5] + 1)
    if metric is METRICS["knn"]:
        assert same.tolist() == [1, 1, 0, 0]  # closed balls of radius 0 hold it, open ones do not
        assert apart.tolist() == [0, 0, 0, 0]
    else:
        assert same == pytest.approx(0, abs=1e-14)
        assert apart > 0.5


def test_unfinished_transport_is_an_error(monkeypatch):
    monkeypatch.setattr(EXACT, "ITERATIONS", 1)
    with (
        pytest.warns(UserWarning, match="numItermax"),
        pytest.raises(RuntimeError, match="60 to 45 points did not finish"),
    ):
        wasserstein(*two())


# ---- bad inputs ----

GOOD = normal(5, 2)
BAD = {
    "nan": (np.where(np.eye(5, 2), np.nan, 1.0), "holds 2 values that are NaN or infinite"),
    "inf": (np.where(np.arange(10).reshape(5, 2) == 3, np.inf, 1.0), "holds 1 values that are NaN"),
    "-inf": (torch.full((5, 2), -torch.inf), "holds 10 values that are NaN or infinite"),
    "empty": (np.zeros((0, 2)), "has 0 samples: at least [12] needed"),
    "1-d": (np.zeros(5), r"has shape \(5,\): \[N, D\] needed"),
    "3-d": (np.zeros((5, 2, 1)), r"has shape \(5, 2, 1\): \[N, D\] needed"),
    "no features": (np.zeros((5, 0)), "has 0 features"),
    "object": (np.array([[None, 1]] * 5), "holds object, not real numbers"),
    "string": (np.array([["1", "2"]] * 5), "holds <U1, not real numbers"),
    "complex": (np.zeros((5, 2), complex), "holds complex128, not real numbers"),
}
SIDED = {**DISTANCES, "pr": precision_recall, "dc": density_coverage}


@over(SIDED)
@pytest.mark.parametrize("bad", BAD)
def test_bad_samples(metric, bad):
    value, message = BAD[bad]
    with pytest.raises(ValueError, match=f"^real {message}"):
        metric(value, GOOD)
    with pytest.raises(ValueError, match=f"^fake {message}"):
        metric(np.vstack([GOOD, GOOD]), value)


@over(SIDED)
def test_other_numbers_of_features(metric):
    with pytest.raises(ValueError, match="real has 3 features and fake 2: not comparable"):
        metric(normal(8, 3), normal(8, 2))


@pytest.mark.parametrize("metric", [frechet_distance, precision_recall, density_coverage])
def test_one_sample_is_too_few(metric):
    with pytest.raises(ValueError, match="real has 1 samples: at least 2 needed"):
        metric(GOOD[:1], GOOD)
    with pytest.raises(ValueError, match="fake has 1 samples: at least 2 needed"):
        metric(np.vstack([GOOD, GOOD]), GOOD[:1])


@pytest.mark.parametrize("metric", [precision_recall, density_coverage])
@pytest.mark.parametrize(
    ("k", "message"),
    [
        (5, "k is 5: at most 4 allowed"),
        (99, "k is 99: at most 4 allowed"),
        (0, "k is 0: an integer of at least 1"),
        (-3, "k is -3: an integer of at least 1"),
        (2.5, "k is 2.5: an integer"),
        (True, "k is True: an integer"),
    ],
)
def test_bad_k(metric, k, message):
    with pytest.raises(ValueError, match=message):
        metric(GOOD, np.vstack([GOOD, GOOD]), k)


def test_k_is_limited_by_the_fakes_of_recall_alone():
    real, fake = normal(9, 2, 1), normal(4, 2, 2)
    with pytest.raises(ValueError, match="k is 4: at most 3 allowed"):
        precision_recall(real, fake, 4)
    assert list(precision_recall(real, fake, 3).values()) == brute(real, fake, 3)[:2]
    assert list(density_coverage(real, fake, 3).values()) == brute(real, fake, 3)[2:]
    assert density_coverage(real, fake, 8)["coverage"] == 1


@pytest.mark.parametrize("p", [3, 0, -1, 1.5, math.inf, "2"])
def test_bad_order(p):
    with pytest.raises(ValueError, match=f"p is {p!r}: 1 or 2 needed"):
        wasserstein(GOOD, GOOD, p)


@pytest.mark.parametrize("projections", [0, -1, 1.5])
def test_bad_projections(projections):
    with pytest.raises(ValueError, match=f"projections is {projections}: an integer of at least 1"):
        sliced_wasserstein(GOOD, GOOD, projections)


@pytest.mark.parametrize("std", [0, 0.0, -1.0, math.nan])
def test_bad_std(std):
    with pytest.raises(ValueError, match=f"std is {std!r}: a positive number needed"):
        mode_coverage(GOOD, GOOD, std)


WEIGHTS = [[0.5, 0.5], [1.0, 0.0, 0.0], [0.5, 0.7, -0.2], [0.3] * 3, [math.nan] * 3, [[1 / 3] * 3]]


@pytest.mark.parametrize("weights", WEIGHTS)
def test_bad_weights(weights):
    with pytest.raises(ValueError, match="weights must be 3 positive numbers that sum to 1"):
        mode_coverage(GOOD, GOOD[:3], 1.0, weights)
    with pytest.raises(ValueError, match="weights must be 3 positive numbers that sum to 1"):
        class_coverage([0, 1], 3, weights)


@pytest.mark.parametrize("bad", BAD)
def test_bad_samples_of_modes(bad):
    value, message = BAD[bad]
    with pytest.raises(ValueError, match=f"^samples {message}"):
        mode_coverage(value, GOOD, 1.0)
    with pytest.raises(ValueError, match=f"^centers {message}"):
        mode_coverage(GOOD, value, 1.0)


def test_modes_in_another_space():
    with pytest.raises(ValueError, match="samples have 2 features and centers 3"):
        mode_coverage(GOOD, normal(4, 3), 1.0)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 3], "labels run from 0 to 3: 0 to 2"),
        ([-1, 2], "labels run from -1 to 2: 0 to 2"),
        ([], r"labels are float64 of shape \(0,\): integers"),
        ([0.0, 1.0], r"labels are float64 of shape \(2,\): integers"),
        ([[0, 1]], r"labels are int64 of shape \(1, 2\): integers"),
        (["0"], r"labels are <U1 of shape \(1,\): integers"),
        ([True], r"labels are bool of shape \(1,\): integers"),
    ],
)
def test_bad_labels(labels, message):
    with pytest.raises(ValueError, match=message):
        class_coverage(labels, 3)


@pytest.mark.parametrize("k", [math.nan, math.inf, "a", None])
def test_k_that_is_no_number(k):
    with pytest.raises(ValueError, match="k is"):
        precision_recall(GOOD, GOOD, k)


def test_infinite_std():
    with pytest.raises(ValueError, match="std is inf"):
        mode_coverage(GOOD, GOOD, math.inf)


def test_complex_tensor():
    with pytest.raises(ValueError, match="real holds"):
        frechet_distance(torch.ones(5, 2, dtype=torch.complex64), GOOD)


# ---- registered entries ----

X, Y = two()
MIXTURE = Mixture(2 * normal(4, 3), 0.5)
LABELS = np.random.default_rng(0).integers(0, 7, 90)
ENTRIES = {
    "frechet": (X, Y, lambda: {"fd": frechet_distance(X, Y)}),
    "precision-recall": (X, Y, lambda: precision_recall(X, Y, 3)),
    "density-coverage": (X, Y, lambda: density_coverage(X, Y, 5)),
    "wasserstein": (X, Y, lambda: {"w1": wasserstein(X, Y, 1), "w2": wasserstein(X, Y, 2)}),
    "sliced-wasserstein": (X, Y, lambda: {"sliced_w2": sliced_wasserstein(X, Y, 1000, 0)}),
    "mode-coverage": (MIXTURE, Y, lambda: mode_coverage(Y, MIXTURE.centers, MIXTURE.std)),
    "class-coverage": (10, LABELS, lambda: class_coverage(LABELS, 10)),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_entries_are_the_functions(name, tmp_path):
    metric = registry.get("metric", name)
    real, fake, wanted = ENTRIES[name]
    prepared = metric.prepare(real, **metric.params)
    np.savez(tmp_path / "kept.npz", **prepared)
    with np.load(tmp_path / "kept.npz", allow_pickle=False) as file:
        kept = dict(file)
    for arrays in (prepared, kept):
        found = metric.compute(arrays, fake, **metric.params)
        assert found == wanted()
        assert list(found) == [q.key for q in metric.quantities]
        assert all(type(value) is float for value in found.values())


@pytest.mark.parametrize("name", [name for name in ENTRIES if name != "class-coverage"])
def test_entries_refuse_other_numbers_of_features(name):
    metric = registry.get("metric", name)
    prepared = metric.prepare(ENTRIES[name][0], **metric.params)
    with pytest.raises(ValueError, match="3 features and fake 2|2 features and centers 3"):
        metric.compute(prepared, normal(20, 2), **metric.params)


@pytest.mark.parametrize("name", ["precision-recall", "density-coverage"])
def test_entries_refuse_a_bad_k(name):
    metric = registry.get("metric", name)
    with pytest.raises(ValueError, match="k is 60: at most 59 allowed"):
        metric.prepare(X, k=60)
    with pytest.raises(ValueError, match="k is 0: an integer of at least 1"):
        metric.compute(metric.prepare(X, k=3), Y, k=0)


@pytest.mark.parametrize("name", ENTRIES)
def test_a_quantity_of_higher_is_better_rewards_the_truth(name):
    """A perfect generator is at least as good as a poor one, in every quantity."""
    metric = registry.get("metric", name)
    if metric.needs == "classes":
        real, good, poor = 10, np.arange(90) % 10, np.zeros(90, int)
    elif metric.needs == "mixture":
        real, good, poor = MIXTURE, np.tile(MIXTURE.centers, (20, 1)), np.full((80, 3), 9.0)
    else:
        real, good, poor = X, normal(60, 3, 8), np.full((60, 3), 9.0) + 0.1 * normal(60, 3)
    prepared = metric.prepare(real, **metric.params)
    good, poor = (metric.compute(prepared, fake, **metric.params) for fake in (good, poor))
    for quantity in metric.quantities:
        sign = 1 if quantity.higher_is_better else -1
        assert sign * good[quantity.key] > sign * poor[quantity.key], quantity.key
