"""Populations of every variant on every architecture, small and fast."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from torch.utils._pytree import tree_leaves

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Data
from ganbench.training.build import network_builder
from ganbench.training.population import Population
from tests.conftest import REMOTE

SMALL = {
    "dcgan": {"width": 4},
    "dcgan-conditional": {"width": 4},
    "sngan-resnet": {"width": 8},
    "r3gan-small": {"width": 4},
}


DATA = {
    "dcgan": "digits",
    "dcgan-conditional": "digits",
    "mlp-classic": "digits",
    "toy": "ring2d",
    "mlp-bn": "ring2d",
    "dirac": "dirac",
    "sngan-resnet": "cifar10",
    "r3gan-small": "digits",
}


HEAVY = ("sngan-resnet", "r3gan-small", "dcgan-conditional")


# On the others a last bit of single precision, which depends on how many lanes lie beside, can grow
# into other weights within 20 steps (LOG.md): they are compared in double precision alone.
CALM = ("toy", "dirac", "mlp-classic", "dcgan")


# The same, seen on these: the largest relative difference of a weight.
DRIFTS = {
    ("ralsgan", "toy"): 0.0026,
    ("softmax-gan", "toy"): 0.0033,
    ("sn-hinge", "mlp-classic"): 0.083,
    ("ns-r1", "mlp-classic"): 0.078,
    ("ns", "mlp-classic"): 0.0054,
}


CORE = [v.name for v in registry.variants.items() if v.core]


@cache
def loaded(dataset):
    """Return the data of a name; noise in place of what cannot be had here."""
    spec = registry.datasets.get(dataset)
    if dataset in REMOTE:
        noise = np.random.default_rng(0).integers(0, 256, (1024, *spec.shape), np.uint8)
        return Data(noise, noise[:1], "")
    return spec.load(None)


def data_for(arch, rows):
    """Return the first rows of what an arch is tried on."""
    data = loaded(DATA[arch.name])
    labels = data.train_labels if data.train_labels is None else data.train_labels[:rows]
    return replace(data, train=data.train[:rows], train_labels=labels)


def fits(variant, arch):
    options = {**arch.options, **SMALL.get(arch.name, {})}
    try:
        network_builder(arch, options, data_for(arch, 64), variant)()
    except UsageError:
        return False
    return True


def pairs(quick, everyone=("toy", "dirac", "dcgan"), archs=tuple(DATA)):
    """Return pairs of a variant and an arch that it fits; slow unless ``quick(variant, arch)``.

    All variants meet the architectures of ``everyone``; the core variants meet all of ``archs``.
    """
    return [
        pytest.param(
            variant.name, arch.name, id=f"{variant.name}-{arch.name}",
            marks=() if quick(variant, arch.name) else pytest.mark.slow,
        )
        for variant in registry.variants.items()
        for arch in registry.archs.items()
        if arch.name in archs and (variant.core or arch.name in everyone) and fits(variant, arch)
    ]  # fmt: skip


def tried(variant, arch):
    """Return whether every run tries a pair: all on the plane, a few elsewhere."""
    images = "images" in variant.requires and arch == "dcgan"
    return arch in ("toy", "dirac") or images or (variant.core and arch == "dcgan")


def make(
    variant,
    arch,
    seeds,
    dtype="float32",
    steps=20,
    options=None,
    rows=256,
    batch=8,
    data=None,
    **kwargs,
):
    chosen, method = registry.archs.get(arch), registry.variants.get(variant)
    labels = np.arange(rows if data is None else len(data)) % 10
    given = data_for(chosen, rows) if data is None else Data(data, data[:1], "", labels)
    builder = network_builder(chosen, {**chosen.options, **(options or {})}, given, method)
    return Population(
        method, builder, given.train, DATA[arch],
        seeds, batch=batch, steps=steps, dtype=getattr(torch, dtype),
        labels=given.train_labels if chosen.conditional else None, **kwargs,
    )  # fmt: skip


def relative(a, b):
    """Return the largest difference relative to the tensor's largest entry."""
    return float((a - b).abs().max() / b.abs().max().clamp_min(1e-30))


def noise_of(variant):
    """Return the weights whose gradient is rounding noise, of which Adam makes a full step.

    The last bias, where the losses do not change with a number added to all logits, or vectors.
    """
    torch.manual_seed(0)
    size = (32, variant.d_outputs) if variant.d_outputs > 1 else (32,)
    r, f = torch.randn(2, *size, dtype=torch.float64)
    if variant.loss_state:
        return set()
    pairs = [(loss(r, f), loss(r + 1, f + 1)) for loss in (variant.d_loss, variant.g_loss)]
    return {"head.bias"} if all(abs(float(a - b)) < 1e-9 for a, b in pairs) else set()


def in_general_position(population):
    """Return ``population`` with weights that start as zero moved away from it.

    R3GAN's discriminator is linear at first: the gradients of its biases vanish, and are noise.
    """
    for params in (population.state.g, population.state.d):
        for value in params.values():
            if value.ndim > 2 and not value.any():  # [L, outputs, inputs, ...]
                rng = torch.Generator().manual_seed(0)
                value += 0.1 * torch.randn(value.shape[1:], generator=rng, dtype=value.dtype)
    return population


def assert_same_bits(ours, theirs):
    assert ours.fell_back == ""
    for a, b in zip(tree_leaves(ours.state), tree_leaves(theirs.state), strict=True):
        assert torch.equal(a, b)
    for a, b in zip(ours.logs, theirs.logs, strict=True):
        assert torch.equal(a.nan_to_num(), b.nan_to_num())


def assert_equal_one_step_at_a_time(ours, theirs):
    for _ in range(3):
        ours.load_state_dict(theirs.state_dict())
        ours.run(1)
        theirs.run(1)
        assert ours.fell_back == ""
        for part, tree in theirs.params(1).items():
            assert max(relative(ours.params(1)[part][k], v) for k, v in tree.items()) <= 1e-7
        assert torch.allclose(ours.logs[-1], theirs.logs[-1], rtol=1e-9, equal_nan=True)


def grows_without_bound(backend, together):
    """Two players that help each other; the loss overflows once psi theta is above 4."""
    variant = replace(
        registry.variants.get("ns"),
        name="growing",
        d_loss=lambda r, f: -f.mean(),
        g_loss=lambda r, f: 0 * (f.detach() ** 64).mean() - f.mean(),
    )
    with registry.temporarily(variant):
        hyper = {"lr": [1e-4, 0.05, 0.02]}
        lanes = make("growing", "dirac", [0, 1, 2], steps=100, hyper=hyper, backend=backend,
                     together=together)  # fmt: skip
    return lanes
