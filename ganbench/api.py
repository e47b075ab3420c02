"""The public Python API, re-exported by ``ganbench``."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganbench.errors import UsageError
from ganbench.plan import Plan, Request, make_plan, parse_arch, seed_list
from ganbench.scoring import score
from ganbench.store import Store, Training, Unit

if TYPE_CHECKING:
    import pandas as pd

    from ganbench.train.population import Population

ENGINES = ("local", "inline")


@dataclass(frozen=True)
class Result:
    """What a run left behind.

    Attributes:
        out: the run directory.
        results: one row per run, checkpoint and metric (``results.csv``).
        leaderboard: one row per variant and metric, ranked (``leaderboard.csv``).
        written: every file of tables and plots.
        failed: ``(unit, reason)`` of the units that broke down.
        skipped: ``{variant: reason}`` of the variants that do not fit the arch.
        trained: seeds trained by this call; 0 if all was done before.
    """

    out: Path
    results: pd.DataFrame
    leaderboard: pd.DataFrame
    written: list[Path]
    failed: list[tuple[str, str]]
    skipped: dict[str, str]
    trained: int
    dataset: str


def _names(variants: str | Sequence[str]) -> tuple[str, ...]:
    return (variants,) if isinstance(variants, str) else tuple(variants)


def run(
    variants: str | Sequence[str] = "all",
    dataset: str = "mnist",
    arch: str | None = None,
    preset: str | None = None,
    seeds: int | Sequence[int] | None = None,
    out: str | Path | None = None,
    engine: str = "local",
    workers: int | None = None,
    threads: int | None = None,
    progress: Callable[[Unit, dict[str, Any]], None] | None = None,
    **options: Any,
) -> Result:
    """Train and evaluate ``variants`` on ``dataset`` and return the results.

    The same call again continues where it stopped, and trains nothing when all is done.

    Args:
        variants: names, or "all" for every variant that fits.
        arch: ``name`` or ``name:key=value,...``; the data set's default if None.
        preset: smoke, quick, standard or paper; quick on a CPU, standard on CUDA if None.
        seeds: how many, or which repetitions.
        out: run directory; ``runs/<dataset>-<preset>-<hash>`` if None.
        engine: "local" (worker processes) or "inline" (this process).
        workers: processes; as many as cores on a CPU, one on CUDA, if None.
        threads: threads of each; the cores shared out evenly if None.
        progress: is called with every event of every unit.
        options: further fields of ``plan.Request``: images_seen, checkpoints, batch, game, hyper,
            dtype, device, ema, base_seed, features, metrics, data_dir, backend.

    Raises:
        UsageError: something in the request cannot be done; nothing was trained.
    """
    wanted = tuple(seeds) if isinstance(seeds, Sequence) else seeds
    request = Request(_names(variants), dataset, arch, preset, wanted, **options)
    plan, _ = make_plan(request)
    return run_plan(plan, out, engine, workers, threads, progress)


def out_folder(plan: Plan, out: str | Path | None) -> Path:
    """Return the run directory of ``plan``."""
    return Path(out) if out else Path("runs") / plan.name


def run_plan(
    plan: Plan,
    out: str | Path | None = None,
    engine: str = "local",
    workers: int | None = None,
    threads: int | None = None,
    progress: Callable[[Unit, dict[str, Any]], None] | None = None,
    announce: Callable[[list[Unit]], None] = lambda units: None,
) -> Result:
    """Do what ``plan`` says; see ``run``.

    Args:
        announce: is called with the units to do before the first starts.
    """
    from ganbench.reports.build import build

    if engine not in ENGINES:
        raise UsageError(f"unknown engine {engine!r}; known: {', '.join(ENGINES)}")
    for name, value in (("--workers", workers), ("--threads", threads)):
        if value is not None and value < 1:
            raise UsageError(f"{name} is {value}: at least 1 needed")
    store = Store(out_folder(plan, out))
    store.prepare()
    with store.alone():
        units = plan.units(store.done)
        if units:
            _check_protocols(plan, store)
        store.write_plan(plan.to_json())
        announce(units)
        failed = _execute(plan, units, store, engine, workers, threads, progress)
        table, board, written = build(store, plan.dataset.name)
    return Result(
        out=store.out,
        results=table,
        leaderboard=board,
        written=written,
        failed=[(unit.label, reason) for unit, reason in failed],
        skipped=plan.skipped,
        trained=sum(len(unit.seeds) for unit in units),
        dataset=plan.dataset.name,
    )


def _check_protocols(plan: Plan, store: Store) -> None:
    """Refuse to add to results of the same data set that have another protocol."""
    from ganbench.protocols import described, of_records, refuse_mixed
    from ganbench.runner import load, make_evaluator

    records = [r for r in store.records() if r.training.dataset == plan.dataset.name]
    if records:
        first = plan.trainings[0]
        mine = described(make_evaluator(first, load(first)))
        refuse_mixed([*of_records(records), *(("this run", t, mine) for t in plan.trainings)])


def _execute(
    plan: Plan, units: list[Unit], store: Store, engine: str, workers, threads, progress
) -> list[tuple[Unit, str]]:
    from ganbench.runner import execute, failure

    report = progress or (lambda unit, event: None)
    if not units:
        return []
    if engine == "inline":
        from ganbench.engines import inline

        failed = inline.run(units, execute, store, report)
    else:
        from ganbench.engines import local

        _check_discoverable(plan)
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        count = workers or ((cores or 1) if plan.device == "cpu" else 1)
        share = max(1, (cores or 1) // min(count, len(units)))
        failed = local.run(units, store.out, count, threads or share, report)
    for unit, reason in failed:
        for seed in unit.seeds:
            if not store.done(unit.training, seed):
                store.write_record(failure(unit, seed, reason, engine))
    return failed


def _check_discoverable(plan: Plan) -> None:
    from ganbench import registry

    first = plan.trainings[0]
    used = [("variant", t.variant) for t in plan.trainings]
    used += [("arch", first.arch), ("dataset", first.dataset)]
    hidden = [f"{kind} {name}" for kind, name in used if not registry.discoverable(kind, name)]
    if hidden:
        raise UsageError(
            f"{', '.join(hidden)}: registered in this process only, which worker processes do not "
            "see; announce it as a ganbench.plugins entry point, or use engine='inline'"
        )


def train(
    variant: str,
    dataset: str = "ring2d",
    arch: str | None = None,
    seeds: int | Sequence[int] = (0,),
    steps: int = 1000,
    batch: int | None = None,
    hyper: Mapping[str, Any] | None = None,
    game: str | None = None,
    ema: float | None = None,
    base_seed: int = 0,
    dtype: str = "float32",
    device: str = "auto",
    backend: str = "auto",
    data_dir: str | None = None,
) -> Population:
    """Train one population for ``steps`` generator updates and return it.

    Args:
        seeds: how many lanes, or which repetitions.
        hyper: overrides, a number or one per lane, such as ``{"lr": [1e-4, 2e-4]}``.
        game: a game algorithm; None for the variant's own, or alternating.

    Raises:
        UsageError: unknown names, or a combination that does not fit.
    """
    import torch

    from ganbench import registry
    from ganbench.plan import choose_device
    from ganbench.train.backends import choose
    from ganbench.train.labelled import as_seen
    from ganbench.train.population import Population, build_networks

    method, data_spec = registry.get("variant", variant), registry.get("dataset", dataset)
    data = data_spec.load(data_dir or data_spec.location)
    data_spec = data_spec.settle(data_spec, data)
    chosen, options = parse_arch(arch or data_spec.arch)
    shape, options = as_seen(chosen, options, data)
    where = choose_device(device)
    population = Population(
        method,
        lambda: build_networks(chosen, options, shape, method),
        data.train,
        data_spec.name,
        seed_list(seeds if isinstance(seeds, int) else tuple(seeds)),
        data_spec.batch if batch is None else batch,
        steps,
        game=game,
        hyper=hyper,
        ema=ema,
        base_seed=base_seed,
        dtype=getattr(torch, dtype),
        device=where,
        backend=choose(backend, chosen, where),
        labels=data.train_labels if chosen.conditional else None,
    )
    population.run(steps)
    return population


__all__ = ["Request", "Result", "Training", "make_plan", "run", "run_plan", "score", "train"]
