"""Tasks done by the kept models of a run: what is asked, and what comes out of each seed.

OUT/measured/<run_id>-<protocol_id>.json        values of a seed, as of a metric measured later
OUT/tasks/<task>/<run_id>-<protocol_id>.npy     its pictures, a row of the sheet
OUT/tasks/<task>/baselines/<name>-<seed>-<protocol_id>.json   values of a baseline
OUT/tasks/<task>/baselines/<name>-<protocol_id>.npy           its pictures, and the rows shown
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from ganbench.core import registry
from ganbench.core.cache import digest
from ganbench.core.errors import UsageError, of_the_machine
from ganbench.core.files import write_bytes
from ganbench.core.kinds import Answer, Data, Extracted, Task, TaskInput
from ganbench.core.lazy import np
from ganbench.core.notices import notice
from ganbench.core.products import products
from ganbench.core.seeds import derive
from ganbench.evaluation.choose import load_extractor
from ganbench.evaluation.measure import extract
from ganbench.experiment import kept_models, provenance
from ganbench.experiment.measure_plan import chosen_records
from ganbench.experiment.measured_later import MeasuredLater
from ganbench.experiment.more_measured import MoreMeasured
from ganbench.experiment.protocols import quantity_info
from ganbench.experiment.record_files import as_file, read_measurement, read_record
from ganbench.experiment.records import Again, Protocol, Record, Training, Unit
from ganbench.experiment.request import choose_device
from ganbench.experiment.resolve import control_builder, evaluator_of, load_data
from ganbench.experiment.store import Store


class PlannedTask(NamedTuple):
    """A task with the records of the trainings that do it, and the units that are left."""

    task: Task
    units: list[Unit]
    records: list[Record]
    protocol: Protocol
    given: TaskInput


class BaselineAnswer(MeasuredLater):
    """What a baseline of a task reached with one seed."""

    baseline: str
    seed: int
    protocol_id: str
    values: dict[str, float]
    seconds: float


def input_of(training: Training, data: Data) -> TaskInput:
    """Return what tasks read beside a model of ``training``."""
    extractor = load_extractor(training.features)

    def features(samples: np.ndarray) -> Extracted:
        return extract(extractor, samples)

    def untrained(seed: int) -> Any:
        return _untrained(training, data, seed)

    own = mixed(data)
    return TaskInput(own, features, untrained, reordered=own is not data)


def mixed(data: Data) -> Data:
    """Return ``data`` in a seeded order, or as they are if their classes are mixed already.

    Tasks ask for the first samples, and folders of classes come one after the other.
    """
    given: dict[str, Any] = {}
    for split in ("train", "test"):
        samples, labels = getattr(data, split), getattr(data, f"{split}_labels")
        if labels is None or (np.diff(np.asarray(labels)) >= 0).all():
            order = np.random.default_rng(derive("task", split)).permutation(len(samples))
            own = None if labels is None else np.asarray(labels)[order]
            given |= {split: samples[order], f"{split}_labels": own}
    return replace(data, **given) if given else data


def fitting_input(task: Task, training: Training) -> TaskInput:
    """Return what ``task`` reads beside a model of ``training``.

    Raises:
        UsageError: the task does not fit the data.
    """
    given = input_of(training, load_data(training))
    if reason := task.lacking(given):
        raise UsageError(f"task {task.name} does not fit {training.dataset}: {reason}")
    return given


def _untrained(training: Training, data: Data, seed: int) -> Any:
    """Return the pair of ``training`` with its first weights."""
    import torch

    from ganbench.training.sampling import evaluation_generator
    from ganbench.training.trained_model import TrainedModel

    root = derive(training.base_seed, "task", training.dataset, seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(root)
        networks = control_builder(training, data)()
    params = {name: p.detach() for name, p in networks.generator.named_parameters()}
    return TrainedModel(
        variant="untrained",
        dataset=training.dataset,
        seed=seed,
        root=root,
        steps=0,
        generator=evaluation_generator(networks, params),
        discriminator=networks.discriminator.eval(),
        latent=networks.latent,
        samples_are=str(data.train.dtype),
        channels=data.train.shape[1],
    )


def protocol_of(task: Task, training: Training, given: TaskInput) -> Protocol:
    """Return all that must be equal for two answers to be comparable.

    No quantity is one of the headline: tables and figures of the run have room for its own.
    """
    data = load_data(training)
    context = evaluator_of(training, data).context
    extractor = load_extractor(training.features)
    fields = {
        "task": task.name,
        "version": task.version,
        "params": dict(task.params),
        "dataset": training.dataset,
        "dataset_sha256": data.sha256,
        "features": extractor.key,
        "features_sha256": extractor.sha256,
        "n_real": given.n_real,
        "n_fake": task.params.get("n", 0),
        **context,
    } | ({"order": "seeded"} if given.reordered else {})
    infos = {
        quantity.key: quantity_info(replace(quantity, headline=False))
        for quantity in task.quantities
    }
    return Protocol(protocol_id=digest(fields)[:12], fields=fields, quantities=infos)


def plan_task(
    name: str,
    out: Path,
    variants: Sequence[str] = (),
    dataset: str | None = None,
    device: str = "auto",
    data_dir: str | None = None,
) -> PlannedTask:
    """Return what is to be done for a task with the kept models of a run.

    Raises:
        UsageError: it cannot be done with these data or models; nothing was done.
    """
    task: Task = registry.tasks.get(name)
    store = Store(out)
    records = [
        r.model_copy(update={"training": r.training.model_copy(update={"data_dir": data_dir})})
        for r in chosen_records(store, dataset, variants)
        if not r.training.control
    ]
    if not any(r.status == "ok" for r in records):
        raise UsageError(f"{out} has no finished training: task {name} needs trained generators")
    given = fitting_input(task, records[0].training)
    if task.needs_discriminator:
        _refuse_without_d(task, store, records)
    protocol = protocol_of(task, records[0].training, given)
    units = [
        record
        for record in records
        if record.status == "ok"
        and not store.more_path(record.run_id, protocol.protocol_id).exists()
    ]
    left = [_unit(task, record, device) for record in units]
    return PlannedTask(task, left, records, protocol, given)


def _unit(task: Task, record: Record, device: str) -> Unit:
    training = record.training
    again = Again(
        features=training.features, metrics=(), n_real=training.n_real, n_fake=training.n_fake,
        task=task.name,
    )  # fmt: skip
    return Unit(
        training=training, arch=record.arch, seeds=(record.seed,), device=choose_device(device),
        backend=record.backend, again=again,
    )  # fmt: skip


def _refuse_without_d(task: Task, store: Store, records: Sequence[Record]) -> None:
    for record in records:
        if record.status == "ok":
            _, tensors = kept_models.read(store.model_path(record.run_id))
            if not any(key.startswith("discriminator.") for key in tensors):
                raise UsageError(
                    f"task {task.name} needs D, which was not kept of {record.training.variant} "
                    f"seed {record.seed}: train with --keep all"
                )


def do_task(unit: Unit, store: Store, report: Any) -> None:
    """Let each seed of one finished training do the task, and write what comes out.

    Raises:
        UsageError: a model is damaged. ValueError: no number came out.
    """
    assert unit.again is not None
    task: Task = registry.tasks.get(unit.again.task)
    given = input_of(unit.training, load_data(unit.training))
    protocol = protocol_of(task, unit.training, given)
    for seed in unit.seeds:
        record = read_record(store.record_path(unit.training.run_id(seed)))
        path = store.model_path(record.run_id)
        described, tensors = kept_models.read(path)
        model = kept_models.model_of(path, described, tensors)
        start = time.perf_counter()
        with products():
            answer = checked(task, task.solve(given, model, seed, **task.params))
        if answer.pictures is not None:
            name = f"{record.run_id}-{protocol.protocol_id}"
            store.write_task_pictures(task.name, name, answer.pictures)
        store.write_more(  # last: it says that all is there
            MoreMeasured(
                run_id=record.run_id,
                metric=task.name,
                protocol=protocol,
                floors={},
                floor_sds={},
                values=dict(answer.values),
                unmeasured={},
                model_sha256=described["sha256"],
                eval_s=time.perf_counter() - start,
                measured_at=provenance.now(),
                **provenance.environment(unit.device),
            )
        )
        steps = unit.training.steps
        report({"step": steps, "steps": steps, "values": dict(answer.values)})


def checked(task: Task, answer: Answer) -> Answer:
    """Return ``answer``, if its values are finite and the task's own.

    Raises:
        ValueError: they are not.
    """
    import math

    known = {quantity.key for quantity in task.quantities}
    for key, value in answer.values.items():
        if key not in known or not math.isfinite(value):
            raise ValueError(f"task {task.name}: {key} is {value}")
    return answer


def do_baselines(planned: PlannedTask, store: Store) -> tuple[list[BaselineAnswer], list[str]]:
    """Return what the baselines of a task reach, and the labels of those that failed.

    Those that are not known yet are tried; one that fails is named, and the rest is done.
    """
    task, given, end = planned.task, planned.given, planned.protocol.protocol_id
    found, failed, folder = [], [], store.out / "tasks" / task.name / "baselines"
    for name in task.baselines:
        for seed in range(task.draws):
            path = folder / f"{name}-{seed}-{end}.json"
            try:
                if not path.exists():
                    _try_baseline(planned, name, seed, path, store)
            except (Exception, SystemExit) as error:
                if isinstance(error, UsageError) or of_the_machine(error):
                    raise
                notice(
                    f"baseline {name} of {task.name}, seed {seed}: {type(error).__name__}: {error}"
                )
                failed.append(f"baseline {name} · seed {seed}")
                continue
            found.append(read_measurement(path, BaselineAnswer))
    for row, samples in task.shown(given, **task.params).items():
        stem = f"baselines/shown-{row.replace(' ', '-')}-{end}"
        store.write_task_pictures(task.name, stem, samples)
    return found, failed


def _try_baseline(planned: PlannedTask, name: str, seed: int, path: Path, store: Store) -> None:
    """Write the pictures and the values of one baseline."""
    task = planned.task
    start = time.perf_counter()
    with products():
        answer = checked(task, task.baselines[name](planned.given, seed, **task.params))
    reached = BaselineAnswer(
        run_id="",
        metric=task.name,
        model_sha256="",
        baseline=name,
        seed=seed,
        protocol_id=planned.protocol.protocol_id,
        values=dict(answer.values),
        seconds=time.perf_counter() - start,
        measured_at=provenance.now(),
        **provenance.environment("cpu"),
    )
    if seed == 0 and answer.pictures is not None:
        pictures = f"baselines/{name}-{reached.protocol_id}"
        store.write_task_pictures(task.name, pictures, answer.pictures)
    write_bytes(path, as_file(reached))
