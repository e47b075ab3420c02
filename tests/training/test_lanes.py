"""A lane equals the run of its own, for every variant and architecture."""

import numpy as np
import pytest
import torch

from ganbench.core import registry
from tests.training._helpers import (
    CALM,
    CORE,
    DATA,
    DRIFTS,
    HEAVY,
    SMALL,
    fits,
    in_general_position,
    make,
    noise_of,
    pairs,
    relative,
    tried,
)


def test_every_arch_has_data_here():
    assert set(DATA) == set(registry.archs.names())


def test_every_variant_fits_an_arch():
    for variant in registry.variants.items():
        assert any(fits(variant, arch) for arch in registry.archs.items()), variant.name


def lane_against_solo(subject, arch, dtype, backend, steps):
    """Return the largest difference of a lane's parameters from those of a run of its own."""
    # 32 is the fewest for which torch's CPU kernels treat a lane's logits alike, however many lanes
    # lie beside it: shorter rows end in a scalar loop whose exp differs in the last bit.
    packed = 12 // registry.variants.get(subject).discriminator_input(12, (2,))[0]
    given = {"dtype": dtype, "backend": backend, "batch": 32 * packed, "options": SMALL.get(arch)}
    together = in_general_position(make(subject, arch, [0, 1, 2], **given))
    together.run(steps)
    worst = 0.0
    noise = noise_of(registry.variants.get(subject))
    for seed in (0, 2):
        solo = in_general_position(make(subject, arch, [seed], **given))
        solo.run(steps)
        assert solo.diverged(seed) is None
        for part, tree in solo.params(seed).items():
            ours = together.params(seed)[part]
            worst = max([worst, *(relative(ours[k], v) for k, v in tree.items() if k not in noise)])
        assert all(np.isfinite(v).all() for v in solo.history(seed).values())
    return worst


@pytest.mark.parametrize(("subject", "arch"), pairs(tried))
def test_lane_equals_solo(subject, arch):
    steps = 2 if arch in HEAVY else 20 if subject in CORE else 4
    assert lane_against_solo(subject, arch, "float64", "reference", steps) <= 1e-9


@pytest.mark.parametrize(
    ("subject", "arch"),
    pairs(lambda v, arch: v.core and arch == "toy", everyone=("toy",), archs=CALM),
)
@pytest.mark.parametrize("backend", ["reference", pytest.param("traced", marks=pytest.mark.slow)])
def test_lane_equals_solo_in_single_precision(subject, arch, backend):
    if (subject, arch) in DRIFTS:
        pytest.skip(f"in single precision it drifts by {DRIFTS[subject, arch]:g}")
    steps = 2 if arch in HEAVY else 20 if subject in CORE else 4
    assert lane_against_solo(subject, arch, "float32", backend, steps) <= 2e-3


def test_hyper_parameters_per_lane_equal_separate_runs():
    both = make("wgan-gp", "toy", [0, 1], "float64",
                hyper={"gradient_penalty.weight": [1.0, 20.0], "lr": [1e-3, 1e-4]})  # fmt: skip
    both.run(10)
    alone = make("wgan-gp", "toy", [1], "float64",
                 hyper={"gradient_penalty.weight": 20.0, "lr": 1e-4})  # fmt: skip
    alone.run(10)
    for part in ("g", "d"):
        for key, value in alone.params(1)[part].items():
            assert relative(both.params(1)[part][key], value) < 1e-9


@pytest.mark.parametrize("arch", ["toy", "mlp-classic"])
def test_a_nan_lane_leaves_its_neighbours_bit_identical(arch):
    calm = make("ns", arch, [0, 1, 2])
    calm.run(10)
    rates = [2e-4, float("nan"), 2e-4]
    stormy = make("ns", arch, [0, 1, 2], hyper={"lr": rates})
    stormy.run(4)
    frozen = {k: v.clone() for k, v in stormy.params(1)["g"].items()}
    stormy.run(6)
    assert stormy.diverged(1) == 0 and stormy.diverged(0) is None
    for seed in (0, 2):
        for part in ("g", "d"):
            ours, theirs = stormy.params(seed)[part], calm.params(seed)[part]
            assert all(torch.equal(ours[k], theirs[k]) for k in ours)
    assert all(torch.equal(v, frozen[k]) for k, v in stormy.params(1)["g"].items())
    assert len(stormy.history(1)["d_loss"]) == 1 and len(stormy.history(0)["d_loss"]) == 10


def test_an_exploding_lane_is_frozen_with_finite_weights():
    population = make("wgan", "toy", [0, 1], hyper={"g.lr": [5e-5, 1e30]}, steps=50)
    population.run(50)
    assert population.diverged(1) is not None and population.diverged(0) is None
    assert all(torch.isfinite(v).all() for v in population.params(1)["d"].values())


# Its derivative turns a change of 4e-16 in the weights into one of 1e-8 in the first step. A GPU
# sums the products of three lanes in another order than those of one.
SENSITIVE = {"sinkhorn-gan": 1e-6}


@pytest.mark.gpu
@pytest.mark.parametrize("subject", registry.variants.names())
def test_cuda_lane_equals_solo(subject):
    together = make(subject, "dcgan", [0, 1, 2], "float64", device="cuda", options={"width": 4})
    together.run(10)
    solo = make(subject, "dcgan", [1], "float64", device="cuda", options={"width": 4})
    solo.run(10)
    for part in ("g", "d"):
        for key, value in solo.params(1)[part].items():
            within = SENSITIVE.get(subject, 1e-9)
            assert relative(together.params(1)[part][key], value) < within
