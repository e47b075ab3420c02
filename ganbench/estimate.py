"""What a plan will cost: two steps of every training are timed on this machine, nothing is kept."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from ganbench import registry
from ganbench.plan import Plan
from ganbench.runner import make_population
from ganbench.spec import Data
from ganbench.store import Unit

BASE_BYTES = 600_000_000  # a process with torch, the classifier and the metrics' chunks
EVALUATION_S = 2.5  # one evaluation of one seed on one core, with quick's sample counts


@dataclass(frozen=True)
class Cost:
    """One unit's expected cost on one worker."""

    unit: Unit
    seconds: float
    memory: int


def costs(units: list[Unit], data: Data) -> list[Cost]:
    """Return the cost of each unit; trainings that differ in seeds alone are timed once."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    found: dict[tuple[str, int], tuple[float, int]] = {}
    try:
        for unit in units:
            key = (unit.training.run_id(0), len(unit.seeds))
            if key not in found:
                found[key] = _measure(unit, data)
    finally:
        torch.set_num_threads(threads)
    return [Cost(unit, *found[unit.training.run_id(0), len(unit.seeds)]) for unit in units]


def _measure(unit: Unit, data: Data) -> tuple[float, int]:
    training = unit.training
    rows = slice(max(training.batch, 256))
    labels = None if data.train_labels is None else data.train_labels[rows]
    head = Data(train=data.train[rows], test=data.test[:1], sha256="", train_labels=labels)
    population = make_population(training, unit.seeds, head, unit)
    population.run(1)
    start = time.perf_counter()
    population.run(2)
    step = (time.perf_counter() - start) / 2
    state = sum(v.numel() * v.element_size() for v in population.state_dict().values())
    evaluation = EVALUATION_S * training.checkpoints * len(unit.seeds) * training.n_fake / 1_000
    return step * training.steps + evaluation, BASE_BYTES + 3 * state + data.train.nbytes


def makespan(estimates: list[Cost], workers: int) -> float:
    """Return the seconds until the last of ``workers`` is done, taking units in order."""
    free = np.zeros(max(1, workers))
    for cost in estimates:
        free[free.argmin()] += cost.seconds
    return float(free.max())


def counted(n: int, noun: str) -> str:
    """Return ``1 seed`` or ``3 seeds``."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def summary(plan: Plan) -> str:
    """Return one line that says what is planned."""
    per = plan.trainings[0].images_seen
    archs = registry.get("arch", plan.trainings[0].arch).name
    return (
        f"{plan.dataset.name} · {archs} · preset {plan.suite.name}: "
        f"{counted(len(plan.trainings), 'variant')} "
        f"× {counted(len(plan.seeds), 'seed')} × {per:,} images"
    )
