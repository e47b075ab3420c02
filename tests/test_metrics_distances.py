"""Distances and diversity: closed forms, invariants, block sizes, independent references."""

import importlib
import math
import subprocess
import sys

import numpy as np
import ot
import pytest
import torch
from scipy.linalg import sqrtm
from scipy.spatial.distance import cdist, jensenshannon
from scipy.stats import norm, ortho_group

from ganbench import registry
from ganbench.metrics import (
    frechet_distance,
    frechet_infinity,
    kernel_distance,
    ndb,
    sinkhorn_divergence,
    vendi_score,
    wasserstein,
)

FRECHET = importlib.import_module("ganbench.metrics.frechet")
INFINITY = importlib.import_module("ganbench.metrics.frechet_infinity")
KERNEL = importlib.import_module("ganbench.metrics.kernel_distance")
NDB = importlib.import_module("ganbench.metrics.ndb")
SINKHORN = importlib.import_module("ganbench.metrics.sinkhorn")
INPUTS = importlib.import_module("ganbench.metrics._inputs")
NEIGHBOURS = importlib.import_module("ganbench.metrics._neighbours")


def normal(n, d, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d))


def two(n=60, m=45, d=3):
    """Return two sets that overlap in part."""
    return normal(n, d, 1), 0.7 * normal(m, d, 2) + 0.5


def bins(x, y):
    return list(ndb(x, y, 8).values())


METRICS = {
    "fd_inf": lambda x, y: np.array([frechet_infinity(x, y, 5)]),
    "kd": lambda x, y: np.array(kernel_distance(x, y)),
    "ndb": lambda x, y: np.array(bins(x, y)),
    "sinkhorn": lambda x, y: np.array([sinkhorn_divergence(x, y).value]),
    "vendi": lambda x, y: np.array([vendi_score(y)]),
}
SHIFTABLE = {k: v for k, v in METRICS.items() if k not in ("kd", "vendi")}


def over(metrics):
    return pytest.mark.parametrize("metric", metrics.values(), ids=list(metrics))


# ---- Fréchet: the fast way ----


def gaussian_fd(x, y):
    """Return the distance by the symmetric square root of SciPy."""
    c1, c2 = np.cov(x.T), np.cov(y.T)
    root = sqrtm(c1).real
    cross = np.trace(sqrtm(root @ c2 @ root).real)
    return ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(c1) + np.trace(c2) - 2 * cross


def slow(x, y):
    """Return the distance by singular values of the factors alone."""
    a, b = (FRECHET.factor(torch.from_numpy(v)) for v in (x, y))
    return float(FRECHET.distance(*a, *b))


def eigenvalues(x, y):
    return FRECHET._by_eigenvalues(*FRECHET.factor(torch.from_numpy(x)), torch.from_numpy(y))


@pytest.mark.parametrize("offset", [0, 1e3])
def test_frechet_by_eigenvalues_is_taken_and_right(offset):
    x, y = normal(1200, 300, 1) + offset, 1.2 * normal(900, 300, 2) + 0.3 + offset
    found = eigenvalues(x, y)
    assert found == frechet_distance(x, y)
    assert found == pytest.approx(slow(x, y), rel=1e-9)
    assert found == pytest.approx(gaussian_fd(x, y), rel=1e-8)


def test_frechet_by_eigenvalues_of_commuting_gaussians():
    s, t = np.linspace(1, 2, 256), np.linspace(3, 1, 256)
    z = normal(800, 256)
    white = np.linalg.solve(np.linalg.cholesky(np.cov(z.T)), (z - z.mean(0)).T).T
    assert eigenvalues(white * s, white * t + 1) == pytest.approx(256 + ((s - t) ** 2).sum(), 1e-10)


@pytest.mark.parametrize("kind", ["itself", "decay", "constant", "repeated"])
def test_frechet_leaves_eigenvalues_where_they_would_be_rounded(kind):
    x, y = normal(600, 256, 1), normal(500, 256, 2)
    if kind == "itself":
        y = x
    elif kind == "decay":
        x, y = (a * np.exp(-np.arange(256) / 10) for a in (x, y))
    elif kind == "constant":
        x[:, :9] = y[:, :9] = 3
    else:
        x[:, 1], y[:, 1] = x[:, 0], y[:, 0]
    assert eigenvalues(x, y) is None
    assert frechet_distance(x, y) == pytest.approx(max(slow(x, y), 0), rel=1e-12, abs=1e-9)


def test_eigenvalues_that_are_accepted_are_as_near_as_said():
    for power in np.linspace(0, 3, 7):  # from white to steep spectra
        scales = np.arange(1, 257.0) ** -power
        x, y = normal(700, 256, 1) * scales, 1.1 * normal(600, 256, 2) * scales
        found = eigenvalues(x, y)
        assert found is None or found == pytest.approx(slow(x, y), rel=2 * FRECHET.RELATIVE)
    assert found is None


@pytest.mark.parametrize("shape", [(16, 64), (600, 256), (300, 512)])
@pytest.mark.parametrize("offset", [0, 1e6])
def test_frechet_to_itself_is_zero(shape, offset):
    x = normal(*shape) + offset
    assert frechet_distance(x, x) <= 1e-9


@pytest.mark.parametrize("rows", [0, 1, 100, 499])
@pytest.mark.parametrize("offset", [0, 1e3])
def test_rows_at_a_time_change_nothing(monkeypatch, rows, offset):
    pairs = [(normal(500, 256, 1) + offset, 1.2 * normal(600, 256, 2) + offset), two(30, 25, 64)]
    for x, y in pairs:
        whole = frechet_distance(x, y)
        monkeypatch.setattr(INPUTS, "CHUNK_BYTES", rows * 8 * x.shape[1])
        assert frechet_distance(x, y) == pytest.approx(whole, rel=1e-9)
        assert frechet_distance(x, x) <= 1e-9
        x[2, 0] = y[-1, 1] = y[0, 0] = math.nan
        with pytest.raises(ValueError, match="real holds 1 values that are NaN"):
            frechet_distance(x, y)
        with pytest.raises(ValueError, match="fake holds 2 values that are NaN"):
            frechet_distance(x[5:], y)
        monkeypatch.undo()


def test_single_precision_is_taken_as_it_is():
    x, y = normal(500, 256, 1).astype("float32"), 2 * normal(400, 256, 2).astype("float32")
    assert INPUTS.checked(x, "x").numpy().ctypes.data == x.ctypes.data
    assert frechet_distance(x, y) == frechet_distance(x.astype(float), y.astype(float))


MEMORY = """
import numpy as np
from ganbench import registry
rng = np.random.default_rng(0)
x, y = (rng.standard_normal((50_000, 2048), np.float32) for _ in range(2))
metric = registry.get("metric", "frechet")
found = metric.compute(metric.prepare(x), y)["fd"]
assert 30 < found < 60, found
with open("/proc/self/status") as file:
    print(next(int(line.split()[1]) for line in file if line.startswith("VmHWM")))
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_frechet_of_fifty_thousand_in_little_memory():
    run = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) < 2.6 * 2**20  # KiB; both sides take 0.8 GiB


@pytest.mark.parametrize("batch", [1, 7, 64, 400, 1000])
@pytest.mark.parametrize("offset", [0, 1e6])
@pytest.mark.parametrize("d", [5, 100])
def test_moments_in_batches(batch, offset, d):
    x, y = normal(1000, d, 1) + offset, 2 * normal(700, d, 2) + offset
    moments = FRECHET.Moments()
    for start in range(0, 1000, batch):
        moments.update(x[start : start + batch])
    mean, root = moments.finish()
    assert len(root) <= d
    np.testing.assert_allclose(mean, x.mean(0), rtol=1e-13, atol=1e-13)
    wanted = np.cov((x - x[0]).T)
    np.testing.assert_allclose(root.T @ root, wanted, rtol=0, atol=1e-9 if offset else 1e-12)
    other = FRECHET.factor(torch.from_numpy(y))
    found = float(FRECHET.distance(mean, root, *other))
    assert found == pytest.approx(frechet_distance(x, y), rel=1e-9)
    own = FRECHET.distance(mean, root, *FRECHET.factor(torch.from_numpy(x)))
    assert abs(own) < (1e-9 if offset == 0 else 1e-8)


def test_moments_of_few_rows_and_of_none():
    moments = FRECHET.Moments()
    with pytest.raises(ValueError, match="0 samples were added: at least 2 needed"):
        moments.finish()
    batch = normal(1, 4)
    moments.update(batch)
    with pytest.raises(ValueError, match="1 samples were added: at least 2 needed"):
        moments.finish()
    batch[:] = 99  # the first row was copied
    moments.update(normal(3, 4, 1))
    mean, _ = moments.finish()
    np.testing.assert_allclose(mean, np.vstack([normal(1, 4), normal(3, 4, 1)]).mean(0))
    with pytest.raises(ValueError, match="batch has 5 features and earlier ones 4"):
        moments.update(normal(3, 5))
    with pytest.raises(ValueError, match="batch holds 8 values that are NaN"):
        moments.update(np.full((2, 4), np.nan))


# ---- Fréchet at infinity ----


@pytest.mark.parametrize(
    ("n", "d", "first"),
    [(50_000, 2048, 5000), (1000, 2048, 500), (1000, 64, 100), (5000, 900, 902)],
)
def test_sizes_of_extrapolation(n, d, first):
    found = INFINITY.sizes(n, d, 15)
    assert (found[0], found[-1], len(set(found))) == (first, n, 15)
    assert np.ptp(np.diff(found)) <= 1


def test_infinity_removes_the_bias_of_few_samples():
    """Of two equal Gaussians, one known exactly: FD of N samples is about c / N, at infinity 0."""
    d = 20
    exact = {"mean": np.zeros(d), "factor": np.eye(d)}
    plain, at_infinity = [], []
    for seed in range(30):
        y = normal(1500, d, seed)
        plain.append(FRECHET.compute(exact, y)["fd"])
        at_infinity.append(INFINITY.compute(exact, y, 15, 0)["fd_inf"])
    assert np.mean(plain) > 0.07
    assert abs(np.mean(at_infinity)) < 0.15 * np.mean(plain)


def test_infinity_is_the_intercept_of_a_line(monkeypatch):
    monkeypatch.setattr(FRECHET, "from_samples", lambda mean, root, y: 3.5 + 70 / len(y))
    assert frechet_infinity(normal(50, 2), normal(500, 2)) == pytest.approx(3.5, rel=1e-12)


def test_infinity_by_its_seed():
    x, y = two(200, 200)
    assert frechet_infinity(x, y, seed=1) == frechet_infinity(x, y, seed=1)
    assert frechet_infinity(x, y, seed=1) != frechet_infinity(x, y, seed=2)


def test_infinity_of_too_few():
    with pytest.raises(ValueError, match="fake has 12 samples: too few for points = 15"):
        frechet_infinity(normal(50, 2), normal(12, 2))
    with pytest.raises(ValueError, match="points is 1: an integer of at least 2"):
        frechet_infinity(normal(50, 2), normal(50, 2), points=1)


# ---- kernel distance ----


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
    metric = registry.get("metric", "kernel-distance")
    assert metric.compute(metric.prepare(x), y) == {"kd": found.value}


@pytest.mark.parametrize("tile", [64, 300])
def test_tiles_change_little_in_float32(monkeypatch, tile):
    x, y = normal(900, 100, 1), normal(800, 100, 2)
    double, _ = single(monkeypatch, x, y)
    monkeypatch.setattr(KERNEL, "TILE", tile)
    off = abs(kernel_distance(x, y).value - double.value)
    assert 0 < off < KERNEL.ROUNDING * double.standard_error


def test_kernel_distance_of_too_few():
    with pytest.raises(ValueError, match="fake has 19 samples: at least 20 needed"):
        kernel_distance(normal(30, 2), normal(19, 2))


# ---- bins ----


def line(*counts):
    return np.repeat(10.0 * np.arange(len(counts)), counts)[:, None]


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


# ---- Sinkhorn ----


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
    assert registry.get("metric", "sinkhorn").prepare(x)["reg"] == sinkhorn_divergence(x, y).reg


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


# ---- Vendi ----

ORDERS = [0, 0.5, 1, 2, 7, math.inf]


@pytest.mark.parametrize("q", ORDERS)
@pytest.mark.parametrize(("n", "d", "kinds"), [(12, 5, 4), (6, 30, 3), (8, 8, 8), (9, 4, 1)])
def test_vendi_counts_kinds_in_equal_shares(q, n, d, kinds):
    x = 3 * np.eye(kinds, d)[np.arange(n) % kinds]
    if n % kinds == 0:
        assert vendi_score(x, q) == pytest.approx(kinds, rel=1e-12)


@pytest.mark.parametrize("q", ORDERS)
def test_vendi_of_unequal_shares_is_the_hill_number(q):
    p = np.array([0.5, 0.3, 0.2])
    x = np.eye(3)[np.repeat([0, 1, 2], [5, 3, 2])]
    if q == 1:
        wanted = math.exp(-(p * np.log(p)).sum())
    else:
        wanted = 2 if math.isinf(q) else (p**q).sum() ** (1 / (1 - q))
    assert vendi_score(x, q) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("q", ORDERS)
@pytest.mark.parametrize(("n", "d"), [(50, 7), (7, 50), (20, 20)])
def test_vendi_against_the_whole_kernel(q, n, d):
    x = normal(n, d) + 0.3
    values = np.linalg.eigvalsh(1 - cdist(x, x, "cosine")) / n
    values = values[values > 1e-12]
    if q == 1:
        wanted = math.exp(-(values * np.log(values)).sum())
    else:
        wanted = 1 / values.max() if math.isinf(q) else (values**q).sum() ** (1 / (1 - q))
    assert vendi_score(x, q) == pytest.approx(wanted, rel=1e-9)


def test_vendi_invariants():
    x = normal(30, 6)
    found = vendi_score(x)
    assert 1 < found < 6
    assert vendi_score(np.vstack([x, x])) == pytest.approx(found, rel=1e-12)
    assert vendi_score(x * np.linspace(0.1, 9, 30)[:, None]) == pytest.approx(found, rel=1e-12)
    assert vendi_score(x @ ortho_group.rvs(6, random_state=0)) == pytest.approx(found, rel=1e-12)
    assert vendi_score(x * 1e-200) == pytest.approx(found, rel=1e-12)
    scores = [vendi_score(x, q) for q in ORDERS]
    assert scores == sorted(scores, reverse=True)
    assert vendi_score(np.full((9, 4), 2.0)) == pytest.approx(1, rel=1e-12)


def test_bad_vendi():
    with pytest.raises(ValueError, match="x has 2 rows of zeros"):
        vendi_score(np.eye(4, 2))
    for q in (-1, math.nan, "1", True):
        with pytest.raises(ValueError, match=f"q is {q!r}: a number of at least 0"):
            vendi_score(np.eye(2), q)


# ---- all ----


@over(METRICS)
def test_order_of_samples(metric):
    x, y = two()
    order = np.random.default_rng(0).permutation(len(y))
    first, second = metric(x, y)[0], metric(x, y[order])[0]
    rel = 0.5 if metric is METRICS["fd_inf"] else 1e-9  # its subsets are others
    assert second == pytest.approx(first, rel=rel)


@over(METRICS)
def test_rotation(metric):
    x, y = two()
    turn = ortho_group.rvs(3, random_state=1)
    assert metric(x @ turn, y @ turn) == pytest.approx(metric(x, y), rel=1e-8)


@over(SHIFTABLE)
def test_offset(metric):
    x, y = (np.round(a * 64) / 64 for a in two())
    assert metric(x + 2.0**20, y + 2.0**20) == pytest.approx(metric(x, y), rel=1e-6)


@over(METRICS)
@pytest.mark.parametrize("kind", ["float16", "float32", "uint8", "torch"])
def test_kinds_of_input(metric, kind):
    x, y = (np.random.default_rng(s).integers(1, 30, (40 + s, 3)).astype(float) for s in (0, 5))
    cast = torch.from_numpy if kind == "torch" else lambda a: a.astype(kind)
    assert (metric(cast(x), cast(y)) == metric(x, y)).all()


@over(METRICS)
def test_few_samples_of_many_features(metric):
    x, y = two(30, 25, 64)
    assert np.isfinite(metric(x, y)).all()
    wider = [np.hstack([a, np.zeros((len(a), 64))]) for a in (x, y)]
    if metric is not METRICS["kd"]:
        assert metric(*wider) == pytest.approx(metric(x, y), rel=1e-8)


@over(METRICS)
def test_duplicates_and_itself(metric):
    x = normal(30, 3)
    found = metric(np.repeat(x, 2, 0), np.tile(x, (2, 1)))
    assert np.isfinite(found).all()
    if metric is METRICS["ndb"]:
        assert (found == 0).all()


@over(METRICS)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_values_that_are_not_finite(metric, bad):
    x, y = two()
    y[3, 1] = bad
    with pytest.raises(ValueError, match="(fake|x) holds 1 values that are NaN or infinite"):
        metric(x, y)
    if metric is not METRICS["vendi"]:
        with pytest.raises(ValueError, match="real holds 1 values that are NaN or infinite"):
            metric(y, x)
        with pytest.raises(ValueError, match="real has 3 features and fake 2: not comparable"):
            metric(x, x[:, :2])
    with pytest.raises(ValueError, match="has 0 samples"):
        metric(x, x[:0])


# ---- registered entries ----

X, Y = two(150, 120)
ENTRIES = {
    "frechet-infinity": lambda: {"fd_inf": frechet_infinity(X, Y)},
    "kernel-distance": lambda: {"kd": kernel_distance(X, Y).value},
    "ndb": lambda: ndb(X, Y),
    "sinkhorn": lambda: {"sinkhorn": sinkhorn_divergence(X, Y).value},
    "vendi": lambda: {"vendi": vendi_score(Y)},
}


@pytest.mark.parametrize("name", ENTRIES)
def test_entries_are_the_functions(name, tmp_path):
    metric = registry.get("metric", name)
    np.savez(tmp_path / "kept.npz", **metric.prepare(X, **metric.params))
    with np.load(tmp_path / "kept.npz", allow_pickle=False) as file:
        kept = dict(file)
    found = metric.compute(kept, Y, **metric.params)
    assert found == ENTRIES[name]()
    assert list(found) == [q.key for q in metric.quantities]
    assert all(type(value) is float for value in found.values())
    with pytest.raises(ValueError, match="real has 3 features and fake 2"):
        metric.compute(kept, Y[:, :2], **metric.params)


@pytest.mark.parametrize("name", ENTRIES)
def test_degradations_are_seen(name):
    """Dropped modes, blur towards the mean, copies and noise: each moves what it should."""
    metric = registry.get("metric", name)
    centers = 6 * np.eye(4)
    labels = np.arange(1200) % 4
    real, good = (centers[labels] + 0.5 * normal(1200, 4, s) for s in (1, 2))
    worse = {
        "dropped": good[labels < 2],
        "blur": 0.5 * good + 0.5 * good.mean(0),
        "copies": np.repeat(good[:12], 100, 0),
        "noise": good + 2 * normal(1200, 4, 3),
    }
    if name == "vendi":
        del worse["noise"], worse["copies"]  # more diverse; twelve copies span all four features
    prepared = metric.prepare(real, **metric.params)
    best = metric.compute(prepared, good, **metric.params)
    for kind, fake in worse.items():
        found = metric.compute(prepared, fake, **metric.params)
        for quantity in metric.quantities:
            sign = 1 if quantity.higher_is_better else -1
            assert sign * found[quantity.key] < sign * best[quantity.key], (kind, quantity.key)
