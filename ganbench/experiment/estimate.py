"""The cost of a plan: two steps of every training are timed on this machine, nothing is kept."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from ganbench.core.kinds import Data
from ganbench.experiment.records import Unit
from ganbench.experiment.resolve import population_of

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
    timed: dict[tuple[str, int], tuple[float, int]] = {}
    try:
        for unit in units:
            key = (unit.training.run_id(0), len(unit.seeds))
            if key not in timed:
                timed[key] = _time(unit, data)
    finally:
        torch.set_num_threads(threads)
    return [Cost(unit, *timed[unit.training.run_id(0), len(unit.seeds)]) for unit in units]


def _time(unit: Unit, data: Data) -> tuple[float, int]:
    training = unit.training
    if training.control:
        evaluations = EVALUATION_S * len(unit.seeds) * training.n_fake / 1_000
        return evaluations, BASE_BYTES + data.train.nbytes
    rows = slice(max(training.batch, 256))
    labels = None if data.train_labels is None else data.train_labels[rows]
    head = Data(train=data.train[rows], test=data.test[:1], sha256="", train_labels=labels)
    population = population_of(training, unit.seeds, head, unit.device, unit.backend)
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
