"""Fréchet distance: closed forms, the fast way by eigenvalues, batches, memory."""

import importlib
import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from scipy.stats import ortho_group

from ganbench.metrics import frechet_distance
from tests.metrics._helpers import check_entry, normal, two

FRECHET = importlib.import_module("ganbench.metrics.frechet")
INPUTS = importlib.import_module("ganbench.metrics._inputs")


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


# ---- closed forms ----


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


@pytest.mark.parametrize(("n", "m", "d"), [(200, 100, 10), (50, 80, 3)])
def test_frechet_against_the_usual_formula(n, m, d):
    x, y = normal(n, d, 1) @ covariance(d, 2), normal(m, d, 3) @ covariance(d, 4) + 1
    c1, c2 = np.cov(x.T), np.cov(y.T)
    means = ((x.mean(0) - y.mean(0)) ** 2).sum()
    wanted = means + np.trace(c1) + np.trace(c2) - 2 * np.trace(sqrtm(c1 @ c2)).real
    assert frechet_distance(x, y) == pytest.approx(wanted, rel=1e-8)


def test_a_shift_costs_its_squared_length():
    x, shift = normal(30, 3), np.array([2.0, 3.0, 6.0])
    assert frechet_distance(x, x + shift) == pytest.approx(49, rel=1e-12)


def test_complex_tensor():
    with pytest.raises(ValueError, match="real holds"):
        frechet_distance(torch.ones(5, 2, dtype=torch.complex64), normal(5, 2))


def test_the_entry_is_the_function(tmp_path):
    x, y = two()
    check_entry("frechet", tmp_path, x, y, {"fd": frechet_distance(x, y)})


# ---- the fast way ----


def of_samples(x, y):
    """Return ``gaussian_fd`` of the samples' own moments."""
    return gaussian_fd(x.mean(0), np.cov(x.T), y.mean(0), np.cov(y.T))


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
    assert found == pytest.approx(of_samples(x, y), rel=1e-8)


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
from ganbench.core import registry
rng = np.random.default_rng(0)
x, y = (rng.standard_normal((50_000, 2048), np.float32) for _ in range(2))
metric = registry.metrics.get("frechet")
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


# ---- moments in batches ----


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
