"""Running a plan: which units are left, on which engine, and the records of what failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Engine, Job, Where
from ganbench.core.notices import notice
from ganbench.core.printable import shown
from ganbench.experiment.plan import Plan
from ganbench.experiment.records import Unit
from ganbench.experiment.store import Store

Failed = tuple[Unit, str]  # and the reason


def out_folder(plan: Plan, out: str | Path | None) -> Path:
    """Return the run directory of ``plan``."""
    return Path(out) if out else Path("runs") / plan.name


def check_where(where: Where) -> Engine:
    """Return the engine of ``where``.

    Raises:
        UsageError: it is not known, has no such option, or less than one worker or thread is asked.
    """
    engine: Engine = registry.engines.get(where.engine)
    for flag, value in (("--workers", where.workers), ("--threads", where.threads)):
        if value is not None and value < 1:
            raise UsageError(f"{flag} is {value}: at least 1 needed")
    for name in where.options:
        if name not in engine.options:
            known = ", ".join(engine.options) or "it has none"
            raise UsageError(f"--engine-opt: {engine.name} has no {shown(name)}: {known}")
    engine.check_options(where.options)
    return engine


def opened(out: Path, where: Where) -> Store:
    """Return the run directory, made if need be, or say what cannot be used."""
    check_where(where)
    store = Store(out)
    store.prepare()
    for said in store.open():
        notice(said)
    return store


def script_of(plan: Plan, out: Path, where: Where) -> str:
    """Return the script that an engine would submit for what is left of ``plan``.

    Raises:
        UsageError: this engine submits none.
    """
    engine, store = check_where(where), Store(out)
    if engine.script is None:
        raise UsageError(
            f"--dry-run prints what an engine would submit, and {engine.name} submits nothing: "
            "see `ganbench plan`"
        )
    units = plan.units(store.ended(), store.begun())
    return engine.script(units, where, out) if units else ""


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
    where: Where = Where(),  # noqa: B008 (frozen)
    report: Callable[[Unit, dict[str, Any]], None] | None = None,
    log: Sequence[str] = (),
    timeout: float | None = None,
    done: Callable[[Unit], bool] | None = None,
) -> list[Failed]:
    """Execute ``units``, write the records of those that break down, and return these.

    Args:
        log: names of loggers that are told of every event, beside those that always are.
        timeout: seconds that a unit may take.
        done: whether a unit is done; whether its seeds have results if None.

    Raises:
        UsageError: something in the units is not known where the engine works, or a logger cannot
            start.
    """
    from ganbench.experiment.execute import execute
    from ganbench.experiment.failures import Failures
    from ganbench.experiment.log_events import logged

    if not units:
        return []
    engine: Engine = registry.engines.get(where.engine)
    if engine.other_process:
        _check_announced(units)
    failures = Failures(store, engine.name, logged(store, log, report))
    job = Job(store, execute, failures.report, where, timeout, done or store.all_done)
    return failures.all_written(engine.run(units, job))


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
