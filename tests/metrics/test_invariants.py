"""Functions of two sets of samples: what changes nothing, and what changes a value how."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import ortho_group

from ganbench.metrics import (
    frechet_distance,
    frechet_infinity,
    kernel_distance,
    ndb,
    sinkhorn_divergence,
    sliced_wasserstein,
    vendi_score,
    wasserstein,
)
from tests.metrics._helpers import knn, normal, over, two

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
# These draw subsets, cut into bins or stop at a tolerance.
OTHERS = {
    "fd_inf": lambda x, y: np.array([frechet_infinity(x, y, 5)]),
    "kd": lambda x, y: np.array(kernel_distance(x, y)),
    "ndb": lambda x, y: np.array(list(ndb(x, y, 8).values())),
    "sinkhorn": lambda x, y: np.array([sinkhorn_divergence(x, y).value]),
    "vendi": lambda x, y: np.array([vendi_score(y)]),
}
SHIFTABLE = {name: metric for name, metric in OTHERS.items() if name not in ("kd", "vendi")}


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


# ---- the others ----


@over(OTHERS)
def test_order_of_fakes_is_irrelevant(metric):
    x, y = two()
    order = np.random.default_rng(0).permutation(len(y))
    first, second = metric(x, y)[0], metric(x, y[order])[0]
    rel = 0.5 if metric is OTHERS["fd_inf"] else 1e-9  # its subsets are others
    assert second == pytest.approx(first, rel=rel)


@over(OTHERS)
def test_rotation_hardly_matters(metric):
    x, y = two()
    turn = ortho_group.rvs(3, random_state=1)
    assert metric(x @ turn, y @ turn) == pytest.approx(metric(x, y), rel=1e-8)


@over(SHIFTABLE)
def test_far_offset_hardly_matters(metric):
    x, y = (np.round(a * 64) / 64 for a in two())
    assert metric(x + 2.0**20, y + 2.0**20) == pytest.approx(metric(x, y), rel=1e-6)


@over(OTHERS)
@pytest.mark.parametrize("kind", ["float16", "float32", "uint8", "torch"])
def test_kinds_of_input_agree_exactly(metric, kind):
    x, y = (np.random.default_rng(s).integers(1, 30, (40 + s, 3)).astype(float) for s in (0, 5))
    cast = torch.from_numpy if kind == "torch" else lambda a: a.astype(kind)
    assert (metric(cast(x), cast(y)) == metric(x, y)).all()


@over(OTHERS)
def test_few_samples_of_many_features(metric):
    x, y = two(30, 25, 64)
    assert np.isfinite(metric(x, y)).all()
    wider = [np.hstack([a, np.zeros((len(a), 64))]) for a in (x, y)]
    if metric is not OTHERS["kd"]:
        assert metric(*wider) == pytest.approx(metric(x, y), rel=1e-8)


@over(OTHERS)
def test_duplicates_and_itself(metric):
    x = normal(30, 3)
    found = metric(np.repeat(x, 2, 0), np.tile(x, (2, 1)))
    assert np.isfinite(found).all()
    if metric is OTHERS["ndb"]:
        assert (found == 0).all()
