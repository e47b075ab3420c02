"""The first three updates of each card variant equal an independent plain PyTorch loop's."""

import importlib.util
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from ganbench.core import registry
from ganbench.training.population import Population

BASELINES = Path(__file__).parents[2] / "baselines"
NAMES = {"minimax": "minimax", "ns": "ns", "wgan": "wgan", "wgan-gp": "wgan_gp"}


def load(name):
    spec = importlib.util.spec_from_file_location(f"baseline_{name}", BASELINES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_baselines_import_nothing_from_ganbench():
    for name in NAMES.values():
        assert "import ganbench" not in (text := (BASELINES / f"{name}.py").read_text())
        assert "from ganbench" not in text


@pytest.mark.parametrize("name", NAMES)
def test_three_updates_equal_the_plain_loop(name, monkeypatch):
    dataset, arch = registry.datasets.get("mnist"), registry.archs.get("mlp-classic")
    data = dataset.load(None)
    population = Population(
        registry.variants.get(name), lambda: arch.build(dataset.shape), data.train[:1000],
        "mnist", seeds=[7], batch=32, steps=3, dtype=torch.float64,
    )  # fmt: skip
    baseline = load(NAMES[name])
    generator, discriminator = (network.double() for network in baseline.networks())
    start = population.params(7)
    for module, part in ((generator, "g"), (discriminator, "d")):
        for own, given in zip(module.parameters(), start[part].values(), strict=True):
            own.data.copy_(given)
    optimisers = baseline.optimisers(generator, discriminator)

    # the population's own batches, noise and dropout masks, in the order a plain loop asks for them
    reals, normals, uniforms, masks = [], [], [], []
    d_steps = population.problem.variant.d_steps
    layers = [n for n in population.noise.plan["d"] if n.startswith("pair/")]
    for step in range(3):
        noise = {p: {k: v[0] for k, v in t.items()} for p, t in population.noise.at(step).items()}
        for i in range(d_steps):
            index = population.order.at(step * d_steps + i, 1)[0, 0]
            reals.append(population.data[index].flatten(1).double() / 127.5 - 1)
            normals.append(noise["d"]["z"][i])
            for half in (0, 1):
                masks += [noise["d"][layer][i].tensor_split(2)[half] for layer in layers]
            for penalty in population.problem.variant.penalties:
                uniforms.append(noise["d"][f"{penalty.key}/epsilon"][i].flatten(1))
                masks += [
                    noise["d"][layer.replace("pair/", f"{penalty.key}.d/")][i] for layer in layers
                ]
        normals.append(noise["g"]["z"])
        masks += [noise["g"][layer.replace("pair/", "fake/")] for layer in layers]

    replay = iter(masks)
    monkeypatch.setattr(F, "dropout", lambda x, p, *_: x * next(replay) / (1 - p))
    draws = [iter(normals)] + ([iter(uniforms)] if uniforms else [])
    sources = [lambda *shape, it=it: next(it).reshape(shape) for it in draws]
    batches = iter(reals)
    for _ in range(3):
        baseline.train_step(generator, discriminator, *optimisers, batches, *sources)
        population.run(1)
    assert next(replay, None) is None and next(batches, None) is None

    end = population.params(7)
    for module, part in ((generator, "g"), (discriminator, "d")):
        for own, ours in zip(module.parameters(), end[part].values(), strict=True):
            torch.testing.assert_close(own.data, ours, rtol=0, atol=1e-10)
        moved = max((end[part][k] - start[part][k]).abs().max() for k in end[part])
        assert moved > 1e-4  # the comparison is of something
