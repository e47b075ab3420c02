"""More metrics of finished trainings, measured of their kept models; nothing is trained.

A value that was measured so has its own protocol, as every value, and a file of its own beside the
record: ``OUT/measured/<run_id>-<protocol_id>.json``.
"""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING, Any

from ganbench.experiment import kept_models, provenance
from ganbench.experiment.evaluation_draws import measure_draws
from ganbench.experiment.growing import restore_states
from ganbench.experiment.measured_later import MeasuredLater
from ganbench.experiment.protocols import describe_protocols
from ganbench.experiment.record_files import read_record
from ganbench.experiment.records import Again, Protocol, Record, Training, Unit
from ganbench.experiment.resolve import control_samples, evaluator_of, load_data, population_of

if TYPE_CHECKING:
    from ganbench.core.kinds import Data
    from ganbench.evaluation.evaluator import Evaluator
    from ganbench.evaluation.measured import Measured
    from ganbench.experiment.store import Store


class MoreMeasured(MeasuredLater):
    """One metric of one seed, for the tables.

    Attributes:
        values: empty where the training had no end, or where ``unmeasured`` says why.
        eval_s: seconds of making the samples and measuring them, together with the other metrics
            that were measured of them.
    """

    protocol: Protocol
    floors: dict[str, float]
    floor_sds: dict[str, float]
    values: dict[str, float]
    unmeasured: dict[str, str]
    eval_s: float


def as_record(record: Record, more: MoreMeasured) -> Record:
    """Return ``record`` as if this metric alone had been measured, at the last checkpoint."""
    last = [
        m.model_copy(
            update={"values": more.values, "unmeasured": more.unmeasured, "eval_s": more.eval_s}
        )
        for m in record.measurements[-1:]
        if record.status == "ok"
    ]
    taken = {key: getattr(more, key) for key in ("floors", "floor_sds", "torch_version")}
    taken |= {key: getattr(more, key) for key in ("ganbench_version", "git_sha", "git_dirty")}
    protocols = {more.metric: more.protocol}
    return record.model_copy(update={**taken, "measurements": tuple(last), "protocols": protocols})


def asked_training(training: Training, again: Again) -> Training:
    """Return ``training`` with the metrics that are asked for, which decide its protocols."""
    asked = again.model_dump(exclude={"check", "draws"}, exclude_none=True)
    return training.model_copy(update=asked)


def measure_again(unit: Unit, store: Store, report: Any) -> None:
    """Measure the seeds of one finished training, and write what is found.

    Raises:
        UsageError: a model is damaged.
        ValueError: ``unit.again.check`` is set, and a value differs from its record.
    """
    assert unit.again is not None
    data = load_data(unit.training)
    evaluator = evaluator_of(asked_training(unit.training, unit.again), data)
    if unit.again.draws:
        return measure_draws(unit, evaluator, store, report)
    for seed in unit.seeds:
        record = read_record(store.record_path(unit.training.run_id(seed)))
        start = time.perf_counter()
        measured, sha256 = _measured(unit, record, data, evaluator, store)
        if unit.again.check:
            _compare(record, measured)
        else:
            seconds = time.perf_counter() - start
            _write(record, evaluator, measured, sha256, seconds, unit.device, store)
        steps = unit.training.steps
        report({"step": steps, "steps": steps, "values": measured.values})


def _measured(
    unit: Unit, record: Record, data: Data, evaluator: Evaluator, store: Store
) -> tuple[Measured, str]:
    """Return what was measured of one seed, and the SHA-256 of its model."""
    from ganbench.evaluation.measured import Measured

    if record.training.control:
        samples = control_samples(unit.training, data, record.seed, evaluator.n_fake)
        return evaluator.measure(samples, final=True), ""
    if record.status != "ok":
        return Measured(), ""
    path = store.model_path(record.run_id)
    described, tensors = kept_models.read(path)
    samples = kept_models.model_of(path, described, tensors).sample(evaluator.n_fake)
    measured = evaluator.measure(samples, final=True)
    if any(metric.needs.of_training for metric in evaluator.metrics):
        measured |= _of_training(unit, record, data, evaluator, measured, (described, tensors))
    return measured, described["sha256"]


def _of_training(
    unit: Unit,
    record: Record,
    data: Data,
    evaluator: Evaluator,
    measured: Measured,
    kept: tuple[dict[str, Any], dict[str, Any]],
) -> Measured:
    """Measure what reads the training itself: the restored pair, and the record's curves."""
    from ganbench.training.trained_pair import TrainedPair, trained_pair

    @cache
    def pair() -> TrainedPair:
        if kept_models.LOGS not in kept[1]:
            raise ValueError("the whole training is needed, and the generator alone was kept")
        population = population_of(unit.training, [record.seed], data, unit.device, "reference")
        restore_states(population, [kept])
        return trained_pair(population, record.seed)

    checkpoints = [m.values for m in record.measurements[:-1]]
    checkpoints.append({**record.measurements[-1].values, **measured.values})
    curves = {
        key: [values[key] for values in checkpoints if key in values] for key in checkpoints[-1]
    }
    return evaluator.measure_training(pair, curves)


def _compare(record: Record, measured: Measured) -> None:
    if record.status != "ok":
        return
    for key, value in record.measurements[-1].values.items():
        found = measured.values.get(key)
        if found != value:
            raise ValueError(f"seed {record.seed}: {key} is {found}, its record says {value}")


def _write(
    record: Record,
    evaluator: Evaluator,
    measured: Measured,
    sha256: str,
    seconds: float,
    device: str,
    store: Store,
) -> None:
    for name, protocol in describe_protocols(evaluator).items():
        keys = set(protocol.quantities)
        store.write_more(
            MoreMeasured(
                run_id=record.run_id,
                metric=name,
                protocol=protocol,
                floors={k: v for k, v in evaluator.floors.items() if k in keys},
                floor_sds={k: v for k, v in evaluator.floor_sds.items() if k in keys},
                values={k: v for k, v in measured.values.items() if k in keys},
                unmeasured={k: v for k, v in measured.unmeasured.items() if k == name},
                model_sha256=sha256,
                eval_s=seconds,
                measured_at=provenance.now(),
                **provenance.environment(device),
            )
        )
