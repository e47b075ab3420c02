"""Executing one unit: data -> population -> train and evaluate by turns -> records.

The state is kept at every evaluation, so that an interrupted unit goes on from the last one and
ends with the same numbers.
"""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from ganbench.core import stopping
from ganbench.core.kinds import Data
from ganbench.core.seeds import derive
from ganbench.evaluation.evaluator import Evaluator
from ganbench.evaluation.measured import Measured
from ganbench.experiment import provenance
from ganbench.experiment.films import Film
from ganbench.experiment.growing import checkpoints_of, go_on
from ganbench.experiment.kept_models import pack
from ganbench.experiment.make_records import Progress, make_record
from ganbench.experiment.more_measured import measure_again
from ganbench.experiment.records import Measurement, Training, Unit
from ganbench.experiment.resolve import (
    built_with,
    control_samples,
    evaluator_of,
    load_data,
    population_of,
)
from ganbench.experiment.store import Store
from ganbench.experiment.task_runs import do_task

REPORT_S = 0.5  # seconds of training between two progress reports
RELEASE_S = 5.0  # seconds of training between two returns of freed memory
KEPT_IMAGES = 64  # samples kept of each seed, from the same latents in every run
KEPT_POINTS = 2_000  # the same for points in the plane

Report = Callable[[dict[str, Any]], None]


class ElsewhereError(Exception):
    """Another process is at work on a unit."""


def execute(unit: Unit, store: Store, report: Report, engine: str) -> None:
    """Train and evaluate one unit and write a record for each of its seeds that has none.

    Or measure what is finished again, as ``unit.again`` says. What is done is not done again; so a
    unit may be executed any number of times, by any process.

    Lanes that do not fit into a GPU's memory together are trained in two halves: the first step
    shows it.

    Args:
        report: is told of progress, ``{"step": ..., "steps": ..., "values": ...}``.
        engine: its name, for the records.

    Raises:
        ElsewhereError: another process is at work on it.
        LeaseLostError: another process has taken it over.
    """
    with store.claimed(unit) as own:
        if own is None:
            raise ElsewhereError(f"another process is at work on {unit.label}")
        if unit.again:
            return (do_task if unit.again.task else measure_again)(unit, own, report)
        if all(store.done(unit.training, seed) for seed in unit.seeds):
            return own.drop_checkpoint(unit)
        with stopping.finishing():
            _fitting(unit, own, report, engine)


def _fitting(unit: Unit, store: Store, report: Report, engine: str) -> None:
    """Execute a unit, or its halves where it does not fit into a GPU's memory."""
    from torch.cuda import OutOfMemoryError, empty_cache

    store.begin(unit)
    try:
        return _execute(unit, store, report, engine)
    except OutOfMemoryError:
        if len(unit.seeds) < 2:
            raise
    empty_cache()
    store.split_up(unit)
    for half in halves(unit):
        execute(half, store, report, engine)


def halves(unit: Unit) -> list[Unit]:
    """Return two units with the first and the second half of the lanes."""
    middle = len(unit.seeds) // 2
    parts = (unit.seeds[:middle], unit.seeds[middle:])
    return [unit.model_copy(update={"seeds": part}) for part in parts]


def _execute(unit: Unit, store: Store, report: Report, engine: str) -> None:
    training = unit.training
    data = load_data(training)
    evaluator = evaluator_of(training, data)
    if training.control:
        return _execute_control(unit, data, evaluator, store, report, engine)
    population = population_of(training, unit.seeds, data, unit.device, unit.backend)
    start, cpu = time.perf_counter(), time.process_time()
    population.prepare()
    prepared = Progress(
        fell_back=population.fell_back,
        train_s=time.perf_counter() - start,
        train_cpu_s=time.process_time() - cpu,
        flops_per_step=population.flops_per_step(),
    )
    progress = _restored(unit, population, store, report)
    progress = progress or go_on(unit, population, evaluator, store, prepared)
    film = Film(unit, population, store) if unit.film else None
    places = checkpoints_of(training)
    while progress.done < training.checkpoints:
        _train(population, places[progress.done], progress, training, report, film)
        if stopping.asked():
            if film:
                film.write()
            store.save_checkpoint(unit, population.state_dict(), progress.to_json())
            stopping.stop()
        progress.done += 1
        _evaluate(population, evaluator, progress, training, report)
        if film:
            film.write()
        if progress.done < training.checkpoints:
            store.save_checkpoint(unit, population.state_dict(), progress.to_json())
    for lane in population.lanes():
        if store.done(training, lane.seed):
            continue  # written before the unit was interrupted
        if lane.diverged_at is None:
            samples = lane.sample(_kept(data), latent_seed=derive("grid"))
            store.write_samples(training.run_id(lane.seed), samples)
        model = pack(population, training, lane.seed, built_with(training, data), unit.keep)
        if model is not None:
            store.write_model(training.run_id(lane.seed), model)
        store.write_record(make_record(unit, lane.seed, evaluator, engine, lane, progress))
    store.drop_checkpoint(unit)


def _restored(unit: Unit, population: Any, store: Store, report: Report) -> Progress | None:
    """Bring ``population`` to the unit's last checkpoint, and return what was measured until then.

    None where there is no checkpoint that can be used.
    """

    def say(said: str) -> None:
        report({"said": said})

    saved = store.load_checkpoint(unit, say)
    if saved is None:
        return None
    state, measured = saved
    try:
        progress = Progress.from_json(measured)
        population.load_state_dict(state)
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        say(f"the checkpoint of {unit.label} is of another version ({error}): it starts again")
        return None
    return progress


def _kept(data: Data) -> int:
    return KEPT_IMAGES if data.train.ndim == 4 else KEPT_POINTS


def _execute_control(
    unit: Unit, data: Data, evaluator: Evaluator, store: Store, report: Report, engine: str
) -> None:
    """Sample and measure a control once for each of its draws, which are its seeds."""
    training = unit.training
    for draw in unit.seeds:
        stopping.stop()
        if store.done(training, draw):
            continue
        start = time.perf_counter()
        samples = control_samples(training, data, draw, evaluator.n_fake)
        measured = evaluator.measure(samples, final=True)
        measurement = Measurement(
            checkpoint=training.checkpoints,
            images_seen=0,
            g_steps=training.steps,
            d_steps=0,
            train_s=0.0,
            eval_s=time.perf_counter() - start,
            values=measured.values,
            unmeasured=measured.unmeasured,
        )
        progress = Progress(
            measurements={draw: [measurement.model_dump()]},
            frequencies={draw: measured.frequencies},
        )
        store.write_samples(training.run_id(draw), samples[: _kept(data)])
        store.write_record(make_record(unit, draw, evaluator, engine, None, progress, ended=True))
        report({"step": training.steps, "steps": training.steps, "values": measured.values})
    store.drop_checkpoint(unit)


def _train(
    population: Any,
    target: int,
    progress: Progress,
    training: Training,
    report: Report,
    film: Film | None,
) -> None:
    """Train up to step ``target``, in pieces between which progress is reported.

    Where the process is asked to stop, it ends after a piece.
    """
    import torch

    piece, released = 1, time.perf_counter()
    if film:
        film.take(population)
    while population.step < target and bool(population.alive.any()) and not stopping.asked():
        stop = film.next_place(population.step, target) if film else target
        start, cpu = time.perf_counter(), time.process_time()
        population.run(min(piece, stop - population.step))
        if population.device.type == "cuda":
            torch.cuda.synchronize()
        took = time.perf_counter() - start
        progress.train_s += took
        progress.train_cpu_s += time.process_time() - cpu
        if film:
            film.take(population)
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
            checkpoint=len(progress.measurements.get(seed, [])) + 1,
            images_seen=population.images_seen,
            g_steps=population.step,
            d_steps=population.d_steps,
            train_s=progress.train_s / lanes,
            train_cpu_s=progress.train_cpu_s / lanes,
            load=provenance.load_average(),
            flops=progress.flops_per_step * population.step,
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
