"""Executing one unit: data -> population -> train and evaluate by turns -> records.

The state is kept at every evaluation, so that an interrupted unit goes on from the last one and
ends with the same numbers.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from ganbench import provenance, registry
from ganbench.errors import UsageError
from ganbench.evaluate import Evaluator, Measured, load_extractor
from ganbench.memory import give_back
from ganbench.protocols import described
from ganbench.seeds import derive
from ganbench.spec import Data, Dataset
from ganbench.store import (
    Measurement,
    Record,
    Store,
    Training,
    Unit,
    jsonable,
    write_array,
)

PIECE_S = 0.5  # seconds of training between two progress reports
TIDY_S = 5.0  # seconds of training between two returns of freed memory
GRID = 64  # samples kept of each seed, from the same latents in every run
POINTS = 2_000  # the same for points in the plane
HISTORY = 200  # points kept of each training curve

Report = Callable[[dict[str, Any]], None]


@dataclass
class Progress:
    """What a unit has measured so far, beside the population's own state."""

    train_s: float = 0.0
    done: int = 0
    started_at: str = field(default_factory=provenance.now)
    measurements: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    shares: dict[int, list[float] | None] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it (whose keys are strings)."""
        return dict(vars(self))

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Progress:
        """Return what ``to_json`` was called on."""
        keyed = {
            key: {int(seed): value for seed, value in saved[key].items()}
            for key in ("measurements", "shares")
        }
        return cls(**{**saved, **keyed})


def load(training: Training) -> Data:
    """Return the data of a training.

    Raises:
        UsageError: they cannot be had, or are no longer those that it was planned for.
    """
    dataset: Dataset = registry.get("dataset", training.dataset)
    data = dataset.load(training.data_dir)
    if data.sha256 != training.dataset_sha256:
        raise UsageError(f"{training.dataset} has changed since the run was planned: run it again")
    return data


def make_population(training: Training, seeds: tuple[int, ...], data: Data, unit: Unit) -> Any:
    """Return the untrained population of a unit."""
    import torch

    from ganbench.train.labelled import as_seen
    from ganbench.train.population import Population, build_networks

    arch = registry.get("arch", training.arch)
    variant = registry.get("variant", training.variant)
    shape, options = as_seen(arch, training.arch_options, data)
    return Population(
        variant,
        lambda: build_networks(arch, options, shape, variant),
        data.train,
        training.dataset,
        seeds,
        training.batch,
        training.steps,
        game=training.game,
        hyper=training.hyper,
        ema=training.ema,
        base_seed=training.base_seed,
        dtype=getattr(torch, training.dtype),
        device=unit.device,
        backend=unit.backend,
        labels=data.train_labels if arch.conditional else None,
    )


def make_evaluator(training: Training, data: Data) -> Evaluator:
    """Return the evaluator of a training, its protocol being part of it."""
    return Evaluator(
        dataset=registry.get("dataset", training.dataset),
        data=data,
        extractor=load_extractor(training.features),
        metrics=tuple(registry.get("metric", name) for name in training.metrics),
        n_real=training.n_real,
        n_fake=training.n_fake,
        context={
            "weights": "raw" if training.ema is None else f"ema {training.ema}",
            "dtype": training.dtype,
            "images_seen": training.images_seen,
        },
    )


def execute(unit: Unit, store: Store, report: Report, engine: str) -> None:
    """Train and evaluate one unit and write a record for each of its seeds.

    Args:
        report: is told of progress, ``{"step": ..., "steps": ..., "values": ...}``.
    """
    training = unit.training
    data = load(training)
    population = make_population(training, unit.seeds, data, unit)
    evaluator = make_evaluator(training, data)
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
    for seed in unit.seeds:
        write_samples(population, seed, store, training, data)
        store.write_record(_record(population, seed, evaluator, progress, unit, engine))
    store.drop_checkpoint(unit)


def _train(population, target: int, progress: Progress, training: Training, report) -> None:
    import torch

    piece, tidied = 1, time.perf_counter()
    while population.step < target and bool(population.alive.any()):
        start = time.perf_counter()
        population.run(min(piece, target - population.step))
        if population.device.type == "cuda":
            torch.cuda.synchronize()
        took = time.perf_counter() - start
        progress.train_s += took
        if time.perf_counter() - tidied > TIDY_S:
            give_back()
            tidied = time.perf_counter()
        piece = max(1, min(500, round(piece * PIECE_S / max(took, 1e-9))))
        report({"step": population.step, "steps": training.steps})


def _evaluate(
    population, evaluator: Evaluator, progress: Progress, training: Training, report
) -> None:
    final = progress.done == training.checkpoints
    lanes = len(population.seeds)
    d_steps = population.problem.variant.d_steps
    latest: dict[str, list[float]] = {}
    for seed in population.seeds:
        if population.diverged(seed) is not None:
            continue
        start = time.perf_counter()
        samples = population.sample(evaluator.n_fake, seed)
        found = evaluator.measure(samples, final)
        values, unmeasured = found.values, found.unmeasured
        if final:
            dynamics = _dynamics(population, evaluator, progress, seed, values)
            values, unmeasured = values | dynamics.values, unmeasured | dynamics.unmeasured
        measurement = Measurement(
            checkpoint=progress.done,
            images_seen=population.images_seen,
            g_steps=population.step,
            d_steps=population.step * d_steps,
            train_s=progress.train_s / lanes,
            eval_s=time.perf_counter() - start,
            values=values,
            unmeasured=unmeasured,
        )
        progress.measurements.setdefault(seed, []).append(measurement.model_dump())
        progress.shares[seed] = found.shares
        for key, value in values.items():
            latest.setdefault(key, []).append(value)
    medians = {key: float(np.median(v)) for key, v in latest.items()}
    report({"step": population.step, "steps": training.steps, "values": medians})


def _dynamics(
    population, evaluator: Evaluator, progress: Progress, seed: int, last: dict[str, float]
) -> Measured:
    """Measure what reads the training itself."""
    from ganbench.train import pair

    measured = [m["values"] for m in progress.measurements.get(seed, [])] + [last]
    curves = {key: [values[key] for values in measured if key in values] for key in last}
    return evaluator.measure_training(cache(lambda: pair.make(population, seed)), curves)


def write_samples(population, seed: int, store: Store, training: Training, data: Data) -> None:
    """Keep samples of one seed from the latents that every run shares."""
    if population.diverged(seed) is None:
        n = GRID if data.train.ndim == 4 else POINTS
        samples = population.sample(n, seed, latent_seed=derive("grid"))
        write_array(store.out / "samples" / f"{training.run_id(seed)}.npy", samples)


def thin(history: dict[str, np.ndarray]) -> dict[str, list[float | None]]:
    """Return curves of at most ``HISTORY`` points, means of consecutive steps."""
    length = len(next(iter(history.values())))
    edges = np.unique(np.linspace(0, length, min(HISTORY, length) + 1).astype(int))
    if length == 0:
        return {}
    counts = np.diff(edges)
    curves = {k: np.add.reduceat(v.astype(float), edges[:-1]) / counts for k, v in history.items()}
    return {"step": jsonable(edges[1:]), **{k: jsonable(v) for k, v in curves.items()}}


def published(training: Training) -> Training:
    """Return a training as its record holds it: without a path of this machine."""
    return training.model_copy(update={"data_dir": None})


def _record(
    population, seed: int, evaluator: Evaluator, progress: Progress, unit: Unit, engine: str
) -> Record:
    training, lane = unit.training, population.lane(seed)
    diverged = population.diverged(seed)
    params = population.params(seed)
    return Record(
        run_id=training.run_id(seed),
        training=published(training),
        arch=training.label,
        seed=seed,
        status="ok" if diverged is None else "diverged",
        error="" if diverged is None else f"not finite at step {diverged}",
        diverged_at=diverged,
        measurements=tuple(Measurement(**m) for m in progress.measurements.get(seed, [])),
        floors=evaluator.floors,
        protocols=described(evaluator),
        shares=progress.shares.get(seed),
        history=thin(population.history(seed)),
        hyper={key: float(value[lane]) for key, value in population.hyper.items()},
        params_g=sum(p.numel() for p in params["g"].values()),
        params_d=sum(p.numel() for p in params["d"].values()),
        lanes=len(unit.seeds),
        peak_mem_bytes=provenance.peak_memory(unit.device),
        engine=engine,
        backend=unit.backend,
        started_at=progress.started_at,
        **provenance.environment(unit.device),
    )


def failure(unit: Unit, seed: int, error: str, engine: str) -> Record:
    """Return the record of a seed whose unit broke down: counted, never dropped."""
    training = unit.training
    evaluator = make_evaluator(training, load(training))
    return Record(
        run_id=training.run_id(seed),
        training=published(training),
        arch=training.label,
        seed=seed,
        status="failed",
        error=error,
        measurements=(),
        floors=evaluator.floors,
        protocols=described(evaluator),
        history={},
        hyper=registry.get("variant", training.variant).hyper(),
        params_g=0,
        params_d=0,
        lanes=len(unit.seeds),
        peak_mem_bytes=0,
        engine=engine,
        backend=unit.backend,
        started_at=provenance.now(),
        **provenance.environment(unit.device),
    )
