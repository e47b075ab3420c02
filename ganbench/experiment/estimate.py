"""The cost of a plan: some steps of every training and an evaluation are timed on this machine.

Nothing is kept but what evaluations keep of the real side.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from ganbench.core.kinds import Data
from ganbench.experiment.kept_models import kept_bytes
from ganbench.experiment.records import Training, Unit
from ganbench.experiment.resolve import evaluator_of, population_of

BASE_BYTES = 600_000_000  # a process with torch, the classifier and the metrics' chunks
ENOUGH_S = 0.1  # of steps, from which their mean is good enough
MOST_STEPS = 16


@dataclass(frozen=True)
class Cost:
    """One unit's expected cost on one worker; ``kept``: bytes of its models on the disk."""

    unit: Unit
    seconds: float
    memory: int
    kept: int


def costs(units: list[Unit], data: Data) -> list[Cost]:
    """Return the cost of each unit; trainings that differ in seeds alone are timed once."""
    import torch

    if not units:
        return []
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    timed: dict[tuple[str, int], tuple[float, int, int]] = {}
    try:
        evaluation = _time_evaluation(units[0].training, data)
        for unit in units:
            key = (unit.training.run_id(0), len(unit.seeds))
            if key not in timed:
                timed[key] = _time(unit, data, evaluation)
    finally:
        torch.set_num_threads(threads)
    return [Cost(unit, *timed[unit.training.run_id(0), len(unit.seeds)]) for unit in units]


def _seconds(action: Callable[[], object], device: str = "cpu") -> float:
    """Return the seconds of ``action``: of this process, so that a busy machine does not count.

    On a GPU, which works while the process waits, they are those of the clock.
    """
    import torch

    wait = (lambda: None) if device == "cpu" else torch.cuda.synchronize
    clock = time.process_time if device == "cpu" else time.perf_counter
    start = clock()
    action()
    wait()
    return clock() - start


def _time_evaluation(training: Training, data: Data) -> tuple[float, float]:
    """Return the seconds of measuring one seed at a checkpoint on the way, and at the last one.

    The generated side are training samples. What is kept of the real side is made before.
    """
    evaluator = evaluator_of(training, data)
    samples = data.train[: training.n_fake]
    evaluator.measure(samples, final=True)
    early = _seconds(partial(evaluator.measure, samples, final=False))
    return early, _seconds(partial(evaluator.measure, samples, final=True))


def _time(unit: Unit, data: Data, evaluation: tuple[float, float]) -> tuple[float, int, int]:
    training, seeds = unit.training, len(unit.seeds)
    early, last = evaluation
    if training.control:
        return last * seeds, BASE_BYTES + data.train.nbytes, 0
    rows = slice(max(training.batch, 256))
    labels = None if data.train_labels is None else data.train_labels[rows]
    head = Data(train=data.train[rows], test=data.test[:1], sha256="", train_labels=labels)
    population = population_of(training, unit.seeds, head, unit.device, unit.backend)
    preparation = _seconds(population.prepare, unit.device)  # a backend's own, once
    population.run(1)
    steps = 0
    spent = 0.0
    while steps < MOST_STEPS and spent < ENOUGH_S:
        spent += _seconds(partial(population.run, 1), unit.device)
        steps += 1
    sampling = _seconds(lambda: population.sample(training.n_fake, unit.seeds[0]), unit.device)
    state = sum(v.numel() * v.element_size() for v in population.state_dict().values())
    evaluations = early * (training.checkpoints - 1) + last + sampling * training.checkpoints
    seconds = preparation + spent / steps * training.steps + evaluations * seeds
    kept = kept_bytes(population, unit.keep, training.steps) * seeds
    return seconds, BASE_BYTES + 3 * state + data.train.nbytes, kept


def makespan(estimates: list[Cost], workers: int) -> float:
    """Return the seconds until the last of ``workers`` is done, taking units in order."""
    free = np.zeros(max(1, workers))
    for cost in estimates:
        free[free.argmin()] += cost.seconds
    return float(free.max())
