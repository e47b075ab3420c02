"""What ``ganbench measure`` is to do: of which trainings of a run directory, by which metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Data
from ganbench.evaluation.choose import choose_metrics, lacking_in_run, load_extractor
from ganbench.evaluation.measure import extract
from ganbench.experiment import kept_models
from ganbench.experiment.more_measured import asked_training
from ganbench.experiment.protocols import of_one_budget
from ganbench.experiment.records import Again, Record, Training, Unit
from ganbench.experiment.request import choose_device
from ganbench.experiment.resolve import evaluator_of, load_data
from ganbench.experiment.store import Store

MOST_NAMED = 5  # in an error


def chosen_records(store: Store, dataset: str | None, variants: Sequence[str]) -> list[Record]:
    """Return the records to measure: of one data set, with its largest budget.

    Raises:
        UsageError: there are none, or the data set must be named; an unknown variant; a model
            was not kept, or is damaged.
    """
    records = store.records(curves=False)
    if not records:
        raise UsageError(f"no records in {store.out}: is it a run directory?")
    names = sorted({r.training.dataset for r in records})
    if dataset is None and len(names) > 1:
        raise UsageError(f"{store.out} has {', '.join(names)}: say which with --dataset")
    name = dataset or names[0]
    records = [r for r in of_one_budget(records, name) if r.training.dataset == name]
    known = sorted({r.training.variant for r in records})
    asked = [v for text in variants for v in text.split(",") if v]
    for variant in asked:
        if variant not in known:
            raise registry.unknown_name(f"variant in {store.out}", variant, known)
    chosen = [r for r in records if not asked or r.training.control or r.training.variant in asked]
    if not chosen:
        raise UsageError(f"{store.out} has no records of {name}")
    _refuse_missing(store, chosen)
    return chosen


def _refuse_missing(store: Store, records: Sequence[Record]) -> None:
    trained = [r for r in records if r.status == "ok" and not r.training.control]
    paths = {f"{r.training.variant} seed {r.seed}": store.model_path(r.run_id) for r in trained}
    missing = [name for name, path in paths.items() if not path.exists()]
    if missing:
        more = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
        raise UsageError(
            f"no model was kept of {', '.join(missing[:MOST_NAMED])}{more} in {store.out}: "
            "name others with --variants, or train with --keep generator"
        )
    for path in paths.values():
        kept_models.read(path)


def ask(
    training: Training,
    data: Data,
    metrics: str,
    features: str | None,
    n_real: int | None,
    n_fake: int | None,
) -> Again:
    """Return what is measured of the trainings that are measured as ``training`` is.

    Raises:
        UsageError: an unknown name, a metric that cannot be measured here, no samples, or features
            that do not read these.
    """
    for flag, n in (("--n-real", n_real), ("--n-fake", n_fake)):
        if n is not None and n < 2:
            raise UsageError(f"{flag} is {n}: at least 2 needed")
    dataset = registry.datasets.get(training.dataset)
    dataset = dataset.settle(dataset, data)
    extractor = load_extractor(features or training.features)
    extract(extractor, data.test[:1])  # what the features refuse is refused here
    default = [registry.metrics.get(name) for name in dataset.metrics]
    lacking = lacking_in_run(dataset, data, extractor, training.checkpoints)
    chosen = choose_metrics(metrics, {"default": default}, lacking, extractor.key)
    return Again(
        features=extractor.key,
        metrics=tuple(metric.name for metric, _ in chosen),
        n_real=n_real or training.n_real,
        n_fake=n_fake or training.n_fake,
    )


def as_recorded(training: Training) -> Again:
    """Return the measurements that the records of a run hold, to be compared with them."""
    fields = ("features", "metrics", "n_real", "n_fake")
    return Again(**{name: getattr(training, name) for name in fields}, check=True)


def units_of(
    store: Store,
    records: Sequence[Record],
    again: Again,
    protocols: Mapping[str, str],
    device: str,
) -> list[Unit]:
    """Return a unit for each training, with the metrics that not all of its seeds have.

    Args:
        protocols: ``{metric: protocol_id}`` of ``again``, the same for all ``records``.
    """
    trainings: dict[str, list[Record]] = {}
    for record in records:
        trained = not record.training.control and record.status == "ok"
        if (again.check or again.draws) and not trained:
            continue
        trainings.setdefault(record.run_id.rsplit("-", 1)[0], []).append(record)
    units = []
    for own in trainings.values():
        left = again if again.check else _left(store, own, again, protocols)
        if left.metrics:
            units.append(
                Unit(
                    training=own[0].training,
                    arch=own[0].arch,
                    seeds=tuple(sorted(r.seed for r in own)),
                    device=device,
                    backend=own[0].backend,
                    again=left,
                )
            )
    return units


def _left(
    store: Store, records: Sequence[Record], again: Again, protocols: Mapping[str, str]
) -> Again:
    """Return ``again`` without the metrics that all seeds of a training have already."""

    def known(record: Record, metric: str, protocol: str) -> bool:
        if again.draws:
            return store.n_draws(record.run_id, protocol) >= again.draws
        recorded = record.protocols.get(metric)
        if recorded is not None and recorded.protocol_id == protocol:
            return True
        return store.more_path(record.run_id, protocol).exists()

    left = (m for m, p in protocols.items() if not all(known(r, m, p) for r in records))
    return again.model_copy(update={"metrics": tuple(left)})


def plan_again(
    out: Path,
    metrics: str,
    features: str | None = None,
    n_real: int | None = None,
    n_fake: int | None = None,
    variants: Sequence[str] = (),
    dataset: str | None = None,
    check: bool = False,
    device: str = "auto",
    data_dir: str | None = None,
    draws: int = 0,
) -> tuple[list[Unit], list[Record], dict[str, str]]:
    """Return the units to do, the records they are of, and ``{metric: protocol_id}`` asked for.

    Raises:
        UsageError: something of it cannot be done; nothing was measured.
    """
    if draws < 0 or draws == 1:
        raise UsageError(f"--draws is {draws}: at least 2 needed")
    if draws and check:
        raise UsageError("--draws and --check are two questions: ask one")
    store = Store(out)
    records = [
        r.model_copy(update={"training": r.training.model_copy(update={"data_dir": data_dir})})
        for r in chosen_records(store, dataset, variants)
    ]
    training = records[0].training
    data = load_data(training)
    if check:
        again = as_recorded(training)
    else:
        again = ask(training, data, metrics, features, n_real, n_fake)
        again = again.model_copy(update={"draws": draws})
    evaluator = evaluator_of(asked_training(training, again), data)
    protocols = {metric.name: evaluator.protocol_id(metric) for metric in evaluator.metrics}
    return units_of(store, records, again, protocols, choose_device(device)), records, protocols
