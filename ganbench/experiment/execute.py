"""Executing one unit: data -> population -> train and evaluate by turns -> records.

The state is kept at every evaluation, so that an interrupted unit goes on from the last one and
ends with the same numbers.
"""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from ganbench.core import registry
from ganbench.core.seeds import derive
from ganbench.evaluation.evaluator import Evaluator, Measured
from ganbench.experiment import provenance
from ganbench.experiment.protocols import describe_protocols
from ganbench.experiment.records import Measurement, Record, Training, Unit, jsonable, plane
from ganbench.experiment.resolve import evaluator_of, load_data, population_of
from ganbench.experiment.store import Store

REPORT_S = 0.5  # seconds of training between two progress reports
RELEASE_S = 5.0  # seconds of training between two returns of freed memory
KEPT_IMAGES = 64  # samples kept of each seed, from the same latents in every run
KEPT_POINTS = 2_000  # the same for points in the plane
HISTORY = 200  # points kept of each training curve

Report = Callable[[dict[str, Any]], None]


@dataclass
class Progress:
    """The measurements of a unit so far, beside the population's own state."""

    train_s: float = 0.0
    done: int = 0
    started_at: str = field(default_factory=provenance.now)
    measurements: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    frequencies: dict[int, list[float] | None] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it (whose keys are strings)."""
        return dict(vars(self))

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Progress:
        """Return the object that ``to_json`` was called on."""
        by_seed = {
            key: {int(seed): value for seed, value in saved[key].items()}
            for key in ("measurements", "frequencies")
        }
        return cls(**{**saved, **by_seed})


def execute(unit: Unit, store: Store, report: Report, engine: str) -> None:
    """Train and evaluate one unit and write a record for each of its seeds.

    Args:
        report: is told of progress, ``{"step": ..., "steps": ..., "values": ...}``.
        engine: its name, for the records.
    """
    training = unit.training
    data = load_data(training)
    population = population_of(training, unit.seeds, data, unit.device, unit.backend)
    evaluator = evaluator_of(training, data)
    progress = Progress()
    saved = store.load_checkpoint(unit)
    if saved:
        population.load_state_dict(saved[0])
        progress = Progress.from_json(saved[1])
    while progress.done < training.checkpoints:
        target = round(training.steps * (progress.done + 1) / training.checkpoints)
        _train(population, target, progress, training, report)
        progress.done += 1
        _evaluate(population, evaluator, progress, training, report)
        if progress.done < training.checkpoints:
            store.save_checkpoint(unit, population.state_dict(), progress.to_json())
    for lane in population.lanes():
        if lane.diverged_at is None:
            kept = KEPT_IMAGES if data.train.ndim == 4 else KEPT_POINTS
            samples = lane.sample(kept, latent_seed=derive("grid"))
            store.write_samples(training.run_id(lane.seed), samples)
        store.write_record(make_record(unit, lane.seed, evaluator, engine, lane, progress))
    store.drop_checkpoint(unit)


def _train(
    population: Any, target: int, progress: Progress, training: Training, report: Report
) -> None:
    """Train up to step ``target``, in pieces between which progress is reported."""
    import torch

    piece, released = 1, time.perf_counter()
    while population.step < target and bool(population.alive.any()):
        start = time.perf_counter()
        population.run(min(piece, target - population.step))
        if population.device.type == "cuda":
            torch.cuda.synchronize()
        took = time.perf_counter() - start
        progress.train_s += took
        if time.perf_counter() - released > RELEASE_S:
            release_memory()
            released = time.perf_counter()
        piece = max(1, min(500, round(piece * REPORT_S / max(took, 1e-9))))
        report({"step": population.step, "steps": training.steps})


def release_memory() -> None:
    """Hand freed memory back to the system, where the C library can.

    glibc keeps what is freed between blocks still in use. Each training step replaces all weights
    and moments, and a long training on a CPU grew to several times what it needs.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # not in every C library
        if trim is not None:
            trim(0)


def _evaluate(
    population: Any, evaluator: Evaluator, progress: Progress, training: Training, report: Report
) -> None:
    """Measure every lane that has not diverged."""
    final = progress.done == training.checkpoints
    lanes = len(population.seeds)
    latest: dict[str, list[float]] = {}
    for seed in population.seeds:
        if population.diverged(seed) is not None:
            continue
        start = time.perf_counter()
        measured = evaluator.measure(population.sample(evaluator.n_fake, seed), final)
        if final:
            measured |= _of_training(population, evaluator, progress, seed, measured.values)
        measurement = Measurement(
            checkpoint=progress.done,
            images_seen=population.images_seen,
            g_steps=population.step,
            d_steps=population.d_steps,
            train_s=progress.train_s / lanes,
            eval_s=time.perf_counter() - start,
            values=measured.values,
            unmeasured=measured.unmeasured,
        )
        progress.measurements.setdefault(seed, []).append(measurement.model_dump())
        progress.frequencies[seed] = measured.frequencies
        for key, value in measured.values.items():
            latest.setdefault(key, []).append(value)
    medians = {key: float(np.median(v)) for key, v in latest.items()}
    report({"step": population.step, "steps": training.steps, "values": medians})


def _of_training(
    population: Any, evaluator: Evaluator, progress: Progress, seed: int, last: dict[str, float]
) -> Measured:
    """Measure what reads the training itself."""
    from ganbench.training.trained_pair import trained_pair

    checkpoints = [m["values"] for m in progress.measurements.get(seed, [])] + [last]
    curves = {key: [values[key] for values in checkpoints if key in values] for key in last}
    return evaluator.measure_training(cache(lambda: trained_pair(population, seed)), curves)


def thin(history: dict[str, np.ndarray]) -> dict[str, list[float | None]]:
    """Return curves of at most ``HISTORY`` points, means of consecutive steps."""
    length = len(next(iter(history.values())))
    edges = np.unique(np.linspace(0, length, min(HISTORY, length) + 1).astype(int))
    if length == 0:
        return {}
    counts = np.diff(edges)
    curves = {k: np.add.reduceat(v.astype(float), edges[:-1]) / counts for k, v in history.items()}
    return {"step": jsonable(edges[1:]), **{k: jsonable(v) for k, v in curves.items()}}


def make_record(
    unit: Unit,
    seed: int,
    evaluator: Evaluator,
    engine: str,
    lane: Any = None,
    progress: Progress | None = None,
    error: str = "",
) -> Record:
    """Return the record of one seed, finished or failed: a failure is counted, never dropped.

    Args:
        lane: the seed's ``training.population.Lane``; None if its unit broke down.
        error: why it broke down.
    """
    training, progress = unit.training, progress or Progress()
    diverged_at = lane.diverged_at if lane else None
    status = "failed" if lane is None else "ok" if diverged_at is None else "diverged"
    mixture = evaluator.data.mixture
    return Record(
        run_id=training.run_id(seed),
        training=training.without_paths(),
        arch=unit.arch,
        seed=seed,
        status=status,  # type: ignore[arg-type]
        error=error or (f"not finite at step {diverged_at}" if status == "diverged" else ""),
        diverged_at=diverged_at,
        measurements=tuple(Measurement(**m) for m in progress.measurements.get(seed, [])),
        floors=evaluator.floors,
        floor_sds=evaluator.floor_sds,
        protocols=describe_protocols(evaluator),
        primary=evaluator.primary,
        frequencies=progress.frequencies.get(seed),
        modes=None if mixture is None else plane(mixture.centers),
        history=thin(lane.history) if lane else {},
        hyper=lane.hyper if lane else registry.variants.get(training.variant).hyper(),
        params_g=lane.params_g if lane else 0,
        params_d=lane.params_d if lane else 0,
        lanes=len(unit.seeds),
        peak_mem_bytes=provenance.peak_memory(unit.device) if lane else 0,
        engine=engine,
        backend=unit.backend,
        started_at=progress.started_at,
        **provenance.environment(unit.device),
    )


def failed_records(unit: Unit, seeds: list[int], error: str, engine: str) -> list[Record]:
    """Return the records of seeds whose unit broke down."""
    evaluator = evaluator_of(unit.training, load_data(unit.training))
    return [make_record(unit, seed, evaluator, engine, error=error) for seed in seeds]
