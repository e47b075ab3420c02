"""What tests of metrics share: samples, bad samples, neighbours by brute force, games."""

import numpy as np
import pytest
import torch

from ganbench.core import registry
from ganbench.metrics import density_coverage, precision_recall
from ganbench.training.trained_pair import TrainedPair


def normal(n, d, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d))


def two(n=60, m=45, d=3):
    """Return two sets that overlap in part."""
    return normal(n, d, 1), 0.7 * normal(m, d, 2) + 0.5


def column(*values):
    return np.array(values, float)[:, None]


def blobs(n, seed, classes=3, d=4, spread=1.0):
    """Return samples and labels of overlapping classes."""
    labels = np.arange(n) % classes
    return 1.5 * np.eye(d)[labels] + spread * normal(n, d, seed), labels


def over(functions):
    """Run a test for every function of a dictionary."""
    return pytest.mark.parametrize("metric", functions.values(), ids=list(functions))


def kinds(*arrays):
    """Yield the same samples in other containers and precisions (they are whole numbers)."""
    for dtype in (np.float64, np.float32, np.int64):
        yield tuple(a.astype(dtype) for a in arrays)
        yield tuple(torch.from_numpy(a.astype(dtype)) for a in arrays)
    yield tuple(a.tolist() for a in arrays)


# What is refused as samples, and the message after the side's name.
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
over_bad = pytest.mark.parametrize("bad", BAD)


def computed(metric, arrays, fake):
    """Return the metric's values, also those that it leaves to a function."""
    found = metric.compute(arrays, fake, **metric.params)
    return {key: value() if callable(value) else value for key, value in found.items()}


def check_entry(name, folder, real, fake, wanted):
    """The registered metric yields the function's values, also after its real side was kept."""
    metric = registry.metrics.get(name)
    prepared = metric.prepare(real, **metric.params)
    np.savez(folder / "kept.npz", **prepared)
    with np.load(folder / "kept.npz", allow_pickle=False) as file:
        kept = dict(file)
    for arrays in (prepared, kept):
        found = computed(metric, arrays, fake)
        assert found == wanted
        assert list(found) == [q.key for q in metric.quantities]
        assert all(type(value) is float for value in found.values())


def check_degradations(name, *worse):
    """Each of the degradations makes every quantity of the metric worse."""
    metric = registry.metrics.get(name)
    centers = 6 * np.eye(4)
    labels = np.arange(1200) % 4
    real, good = (centers[labels] + 0.5 * normal(1200, 4, s) for s in (1, 2))
    degraded = {
        "dropped": good[labels < 2],
        "blur": 0.5 * good + 0.5 * good.mean(0),
        "copies": np.repeat(good[:12], 100, 0),
        "noise": good + 2 * normal(1200, 4, 3),
    }
    prepared = metric.prepare(real, **metric.params)
    best = computed(metric, prepared, good)
    for kind in worse:
        found = computed(metric, prepared, degraded[kind])
        for quantity in metric.quantities:
            sign = 1 if quantity.higher_is_better else -1
            assert sign * found[quantity.key] < sign * best[quantity.key], (kind, quantity.key)


# ---- neighbours ----


def knn(real, fake, k=3):
    """Return precision, recall, density and coverage."""
    found = precision_recall(real, fake, k) | density_coverage(real, fake, k)
    return [found[key] for key in ("precision", "recall", "density", "coverage")]


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


# ---- games ----


def linear(matrix, origin=0.0):
    """Return the field A (w - origin)."""
    a = torch.as_tensor(matrix, dtype=torch.float64)
    return lambda w: a @ (w - origin)


def game(field, start, end, gain=0.0):
    """Return a trained pair of ``[n]`` parameters, the first half of which are the generator's.

    Args:
        field: ``[n] -> [n]``, in which the game moves.
        start, end: the parameters at step 0 and now.
        gain: how much one step of either player is worth to it.
    """
    start, end = (torch.as_tensor(np.array(w, float)) for w in (start, end))
    half = len(end) // 2

    def step(parameters, memory, i):
        assert (memory or 0) == i  # the memory that the last step returned
        return {"w": parameters["w"] + gain}, i + 1

    def value(g, d, samples):
        return d["w"].mean() - g["w"].mean()

    sides = [{"w": w} for w in (end[:half], end[half:], start[:half], start[half:])]
    return TrainedPair(*sides, value, step, step, lambda samples: field)
