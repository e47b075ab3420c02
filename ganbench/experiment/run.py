"""Running a plan: which units are left, on which engine, and the records of what failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Engine, Job
from ganbench.core.notices import notice
from ganbench.experiment.plan import Plan
from ganbench.experiment.records import Unit
from ganbench.experiment.store import Store

Failed = tuple[Unit, str]  # and the reason


def out_folder(plan: Plan, out: str | Path | None) -> Path:
    """Return the run directory of ``plan``."""
    return Path(out) if out else Path("runs") / plan.name


def check_resources(workers: int | None, threads: int | None) -> None:
    """Raise ``UsageError`` for less than one worker or thread."""
    for flag, value in (("--workers", workers), ("--threads", threads)):
        if value is not None and value < 1:
            raise UsageError(f"{flag} is {value}: at least 1 needed")


def opened(
    out: Path, engine: str, workers: int | None, threads: int | None
) -> tuple[Engine, Store]:
    """Return the engine and the run directory, made if need be, or say what cannot be used."""
    chosen: Engine = registry.engines.get(engine)
    check_resources(workers, threads)
    store = Store(out)
    store.prepare()
    for said in store.open():
        notice(said)
    return chosen, store


def check_protocols(plan: Plan, store: Store) -> None:
    """Refuse to add to results of the same data set that have another protocol."""
    from ganbench.experiment.protocols import Entry, describe_protocols, entries, refuse_mixed
    from ganbench.experiment.resolve import evaluator_of, load_data

    records = [r for r in store.records() if r.training.dataset == plan.dataset.name]
    if records:
        first = plan.trainings[0]
        protocols = describe_protocols(evaluator_of(first, load_data(first)))
        planned = [Entry("this run", plan.arch, t, protocols) for t in plan.trainings]
        refuse_mixed([*entries(records), *planned])


def run_units(
    units: list[Unit],
    store: Store,
    engine: Engine,
    workers: int | None = None,
    threads: int | None = None,
    report: Callable[[Unit, dict[str, Any]], None] | None = None,
    log: Sequence[str] = (),
    timeout: float | None = None,
    done: Callable[[Unit], bool] | None = None,
    options: Mapping[str, str] = MappingProxyType({}),
) -> list[Failed]:
    """Execute ``units``, write the records of those that break down, and return these.

    Args:
        log: names of loggers that are told of every event, beside those that always are.
        timeout: seconds that a unit may take.
        done: whether a unit is done; whether its seeds have results if None.
        options: of the engine.

    Raises:
        UsageError: something in the units is not known where ``engine`` works, or a logger cannot
            start.
    """
    from ganbench.experiment.execute import execute
    from ganbench.experiment.log_events import logged
    from ganbench.experiment.make_records import failed_records
    from ganbench.experiment.outcomes import Failure

    if not units:
        return []
    if engine.other_process:
        _check_announced(units)
    told = logged(store, log, report)
    job = Job(
        store, execute, told, workers, threads, timeout, done or store.all_done, dict(options)
    )
    ended = engine.run(units, job)
    failed = [(unit, Failure(why) if isinstance(why, str) else why) for unit, why in ended]
    for unit, failure in failed:
        if not unit.again:
            left = [seed for seed in unit.seeds if not store.done(unit.training, seed)]
            try:
                for record in failed_records(unit, left, failure, engine.name):
                    store.write_record(record)
            except UsageError as error:  # its data are gone: it is told, and the rest is kept
                notice(f"no record of {unit.label}: {error}")
    return [(unit, failure.reason) for unit, failure in failed]


def _check_announced(units: list[Unit]) -> None:
    """Raise ``UsageError`` for what another process would not know."""
    used: list[tuple[registry.Registry[Any], str]] = []
    for unit in units:
        training = unit.training
        metrics = unit.again.metrics if unit.again else training.metrics
        used += [(registry.metrics, name) for name in metrics]
        used += [(registry.archs, training.arch), (registry.datasets, training.dataset)]
        used += [(registry.backends, unit.backend)]
        if training.control:
            used += [(registry.controls, training.control)]
        else:
            used += [(registry.variants, training.variant), (registry.games, training.game)]
        if unit.again and unit.again.task:
            used += [(registry.tasks, unit.again.task)]
    hidden = [
        f"{known.kind} {name}" for known, name in dict.fromkeys(used) if not known.announced(name)
    ]
    if hidden:
        raise UsageError(
            f"{', '.join(dict.fromkeys(hidden))}: registered in this process only, which worker "
            "processes do not see; announce it as a ganbench.plugins entry point, or use "
            "engine='inline'"
        )
