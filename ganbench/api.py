"""The public Python API, re-exported by ``ganbench``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Where
from ganbench.evaluation.score import score
from ganbench.experiment.plan import Plan, make_plan
from ganbench.experiment.records import Unit
from ganbench.experiment.request import Request, Settings, parse_arch, seed_list
from ganbench.experiment.rounds import FIRST, Rounds, last_round
from ganbench.experiment.run import (
    check_protocols,
    check_where,
    opened,
    out_folder,
    run_units,
)
from ganbench.experiment.store import Store
from ganbench.reports.result import Result, make_result
from ganbench.reports.tasks import TaskResult

if TYPE_CHECKING:
    from ganbench.training.population import Population
    from ganbench.training.trained_model import TrainedModel


def run(
    variants: str | Sequence[str] = (),
    dataset: str = "mnist",
    arch: str | None = None,
    preset: str | None = None,
    seeds: int | Sequence[int] | None = None,
    out: str | Path | None = None,
    engine: str = "local",
    workers: int | None = None,
    threads: int | None = None,
    engine_opts: Mapping[str, str] = MappingProxyType({}),
    progress: Callable[[Unit, dict[str, Any]], None] | None = None,
    log: Sequence[str] = (),
    **options: Any,
) -> Result:
    """Train and evaluate ``variants`` on ``dataset`` and return the results.

    The same call again continues where it stopped, and trains nothing when all is done.

    Args:
        variants: names, groups, or "all" for every variant that fits; the preset's if empty.
        arch: ``name`` or ``name:key=value,...``; the data set's default if None.
        preset: smoke, quick, core, standard or paper; the device's default if None.
        seeds: how many, or which repetitions.
        out: run directory; ``runs/<dataset>-<preset>-<hash>`` if None.
        engine: "local" (worker processes), "inline" (this process), "ray", "slurm" or a plugin's.
        workers: processes; as many as cores on a CPU, one on CUDA, if None.
        threads: threads of each; the cores shared out evenly if None.
        engine_opts: the engine's own options, such as ``{"address": "auto"}``.
        progress: is called with every event of every unit.
        log: loggers that are told of them too, such as "tensorboard".
        options: further fields of ``ganbench.Request``, which are the options of ``ganbench run``.

    Raises:
        UsageError: something in the request cannot be done; nothing was trained.
    """
    names = (variants,) if isinstance(variants, str) else tuple(variants)
    asked = tuple(seeds) if isinstance(seeds, Sequence) else seeds
    request = Request(
        variants=names, dataset=dataset, arch=arch, preset=preset, seeds=asked, **options
    )
    plan, _ = make_plan(request)
    return run_plan(plan, out, Where(engine, workers, threads, engine_opts), progress, log=log)


def run_plan(
    plan: Plan,
    out: str | Path | None = None,
    where: Where = Where(),  # noqa: B008 (frozen)
    progress: Callable[[Unit, dict[str, Any]], None] | None = None,
    announce: Callable[[list[Unit]], None] = lambda units: None,
    log: Sequence[str] = (),
) -> Result:
    """Execute ``plan``; see ``run``.

    Args:
        announce: is called with the units to do before the first starts.
    """
    from ganbench.experiment.growing import drop_smaller
    from ganbench.experiment.plan_files import content
    from ganbench.reports.build import build

    store = opened(out_folder(plan, out), where)
    with store.shared():
        units = plan.units(store.ended(), store.begun())
        if units:
            check_protocols(plan, store)
        store.write_plan(content(plan))
        announce(units)
        failed = run_units(units, store, where, progress, log, plan.unit_timeout)
        if units and not failed:
            drop_smaller(plan.units(), store)
        built = build(store, plan.dataset.name, plan.trainings[0].amount)
    trained = sum(len(unit.seeds) for unit in units if not unit.training.control)
    return make_result(store, plan.dataset.name, built, failed, trained, plan.skipped)


def run_for(
    request: Request,
    seconds: float,
    out: str | Path | None = None,
    where: Where = Where(),  # noqa: B008 (frozen)
    progress: Callable[[Unit, dict[str, Any]], None] | None = None,
    announce: Callable[[Plan, list[Unit]], None] = lambda plan, units: None,
    log: Sequence[str] = (),
) -> tuple[Plan, Result]:
    """Run ``request`` in rounds of growing budgets for about ``seconds``, and return the last.

    All variants and seeds are trained to the same generator updates in each round, which goes on
    from the one before; a round for which no time is left is not begun.

    Args:
        announce: is called with the plan of each round and its units.

    Raises:
        UsageError: something in the request cannot be done, or it names a budget itself.
    """
    if request.steps is not None or request.images_seen is not None:
        raise UsageError("--for grows the budget itself: leave out --steps and --budget")
    request = replace(request, checkpoints=request.checkpoints or 1)  # one for each round
    rounds, (plan, _) = Rounds(seconds), make_plan(replace(request, steps=FIRST))
    count = check_where(where).workers(where.workers, plan.device)
    rounds.done = last_round(plan, Store(out_folder(plan, out)), count)

    def watched(unit: Unit, event: dict[str, Any]) -> None:
        rounds.check()
        if progress:
            progress(unit, event)

    def run_to(steps: int) -> tuple[tuple[Plan, Result], float]:
        now, _ = make_plan(replace(request, steps=steps))
        done = run_plan(now, out, where, watched, partial(announce, now), log)
        last = done.results.sort_values("checkpoint").drop_duplicates("run_id", keep="last")
        return (now, done), float(last["eval_s"].sum()) / count

    return rounds.run(run_to)


def measure(
    out: str | Path,
    metrics: str | Sequence[str] = "default",
    engine: str = "local",
    workers: int | None = None,
    threads: int | None = None,
    engine_opts: Mapping[str, str] = MappingProxyType({}),
    progress: Callable[[Unit, dict[str, Any]], None] | None = None,
    announce: Callable[[list[Unit]], None] = lambda units: None,
    **options: Any,
) -> Result:
    """Measure the kept models of a run by more metrics; nothing is trained.

    The values join ``results.csv`` and ``leaderboard.csv`` of ``out`` under their own protocols.
    The tables of the result are those of the protocols that were asked for.

    Args:
        out: the run directory.
        metrics: names, groups, "default" or "all".
        announce: is called with the units to do before the first starts.
        options: ``features``, ``n_real``, ``n_fake``, ``variants``, ``dataset``, ``device``,
            ``data_dir``; ``check``: to measure what the records hold, on as many threads, and
            compare; ``draws``: to measure each model so many times, on other samples each time,
            which ``two-levels.csv`` tells of.

    Raises:
        UsageError: something of it cannot be done; nothing was measured.
    """
    from ganbench.experiment.measure_plan import plan_again
    from ganbench.reports.build import build
    from ganbench.reports.leaderboard import of_protocols

    asked = metrics if isinstance(metrics, str) else ",".join(metrics)
    units, records, protocols = plan_again(Path(out), asked, **options)
    if options.get("check") and threads is None:  # sums are split by them
        threads = records[-1].threads
    where = Where(engine, workers, threads, engine_opts)
    store = opened(Path(out), where)
    with store.alone():
        announce(units)
        failed = run_units(units, store, where, progress)
        dataset = records[0].training.dataset
        built = build(store, dataset, records[0].training.amount)
    built = built._replace(
        results=of_protocols(built.results, protocols.values()),
        leaderboard=of_protocols(built.leaderboard, protocols.values()),
    )
    return make_result(store, dataset, built, failed, 0, {})


def task(
    name: str,
    out: str | Path,
    engine: str = "local",
    workers: int | None = None,
    threads: int | None = None,
    engine_opts: Mapping[str, str] = MappingProxyType({}),
    progress: Callable[[Unit, dict[str, Any]], None] | None = None,
    announce: Callable[[list[Unit]], None] = lambda units: None,
    **options: Any,
) -> TaskResult:
    """Let the kept models of a run do a task, and return what came out beside its baselines.

    The same call again does what is left. Values join ``results.csv`` and ``leaderboard.csv``;
    ``tasks/<name>.csv`` and ``.png`` have the baselines too.

    Args:
        name: one of ``ganbench list tasks``. out: the run directory.
        options: ``variants``, ``dataset``, ``device``, ``data_dir``.

    Raises:
        UsageError: something of it cannot be done; nothing was done.
    """
    from ganbench.experiment.task_runs import do_baselines, plan_task
    from ganbench.reports import tasks
    from ganbench.reports.build import build

    planned = plan_task(name, Path(out), **options)
    where = Where(engine, workers, threads, engine_opts)
    store = opened(Path(out), where)
    with store.alone():
        announce(planned.units)
        baselines, broken = do_baselines(planned, store)
        failed = run_units(planned.units, store, where, progress)
        first = planned.records[0].training
        build(store, first.dataset, first.amount, pictures=False)
        table, written = tasks.write(planned, store, baselines)
    return TaskResult(
        table, tasks.sentences(table, planned.task), written,
        [*broken, *(unit.label for unit, _ in failed)],
    )  # fmt: skip


def train(
    variant: str,
    dataset: str = "ring2d",
    arch: str | None = None,
    seeds: int | Sequence[int] = (0,),
    steps: int = 1000,
    batch: int | None = None,
    data_dir: str | None = None,
    **settings: Any,
) -> Population:
    """Train one population for ``steps`` generator updates and return it.

    Args:
        seeds: how many lanes, or which repetitions.
        settings: ``game``, ``hyper`` (a number or one per lane, such as ``{"lr": [1e-4, 2e-4]}``),
            ``ema``, ``base_seed``, ``dtype``, ``device``, ``backend``, as in ``ganbench.Request``.

    Raises:
        UsageError: unknown names, or a combination that does not fit.
    """
    from ganbench.experiment.resolve import make_population

    method, spec = registry.variants.get(variant), registry.datasets.get(dataset)
    data = spec.data(data_dir)
    spec = spec.settle(spec, data)
    chosen, options = parse_arch(arch or spec.arch)
    population: Population = make_population(
        method,
        chosen,
        options,
        spec.name,
        data,
        seed_list(seeds if isinstance(seeds, int) else tuple(seeds)),
        spec.batch if batch is None else batch,
        steps,
        Settings(**settings),
    )
    population.run(steps)
    return population


def load(out: str | Path, variant: str, seed: int = 0) -> TrainedModel:
    """Return the trained pair that a run kept.

    Args:
        out: the run directory.

    Raises:
        UsageError: none was kept, or its file is damaged or of networks that are not known here.
    """
    from ganbench.experiment import kept_models

    return kept_models.load(kept_models.find(Path(out), variant, seed))


__all__ = [
    "Request",
    "Result",
    "load",
    "make_plan",
    "measure",
    "run",
    "run_for",
    "run_plan",
    "score",
    "task",
    "train",
]
