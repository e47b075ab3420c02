"""Throughput of the population trainer, paired with the plain loops of ``baselines/``.

``pytest benchmarks`` prints one ratio per case; both sides run in turn in one process, and only the
ratio means anything. Set OMP_NUM_THREADS to compare on one core.
"""

import importlib.util
import time
from pathlib import Path

import pytest
import torch

from ganbench.core import registry
from ganbench.training.population import Population

BASELINES = Path(__file__).parent.parent / "baselines"
FILES = {"minimax": "minimax", "ns": "ns", "wgan": "wgan", "wgan-gp": "wgan_gp"}
BATCH, STEPS, ROUNDS = 64, 10, 5


def plain_loop(name):
    """Return a function that does ``STEPS`` iterations of the baseline."""
    path = BASELINES / f"{FILES[name]}.py"
    spec = importlib.util.spec_from_file_location(f"baseline_{FILES[name]}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    networks = module.networks()
    optimisers = module.optimisers(*networks)
    batches = module.mnist_batches()
    draws = [torch.randn, torch.rand][: 2 if name == "wgan-gp" else 1]

    def work():
        for _ in range(STEPS):
            module.train_step(*networks, *optimisers, batches, *draws)

    return work


def population(name, lanes):
    """Return a function that does ``STEPS`` steps of every lane."""
    dataset, arch = registry.datasets.get("mnist"), registry.archs.get("mlp-classic")
    trained = Population(
        registry.variants.get(name), lambda: arch.build(dataset.shape),
        dataset.load(None).train, "mnist", list(range(lanes)), BATCH, 10_000,
    )  # fmt: skip
    return lambda: trained.run(STEPS)


@pytest.mark.parametrize("lanes", [1, 3, 10])
@pytest.mark.parametrize("name", FILES)
def test_population_against_plain_loop(name, lanes, benchmark, capsys):
    ours, theirs = population(name, lanes), plain_loop(name)
    times = {ours: [], theirs: []}
    for side in (ours, theirs):
        side()  # warm-up
    for _ in range(ROUNDS):
        for side, taken in times.items():
            start = time.perf_counter()
            side()
            taken.append(time.perf_counter() - start)
    a, b = (sorted(taken)[ROUNDS // 2] for taken in times.values())
    ratio = b * lanes / a
    benchmark.extra_info["speed_over_plain_loops"] = ratio
    benchmark.pedantic(ours, rounds=1)
    with capsys.disabled():
        print(f"\n{name}, {lanes} lanes: {ratio:.2f} times the images/s of {lanes} plain loops")
