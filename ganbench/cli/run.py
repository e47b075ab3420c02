"""``ganbench run`` and ``ganbench plan``: the main job, and what it would cost."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from itertools import groupby
from typing import Any

import click

from ganbench import registry
from ganbench.cli._common import FAILED, guarded, inception_weights
from ganbench.errors import Interrupted


def run_options(command: Callable) -> Callable:
    """Add the options that ``run`` and ``plan`` share."""
    options = [
        click.option(
            "--variants",
            default="all",
            show_default=True,
            help="Names, BASE+MODIFIER, groups (core, wasserstein ...), or all.",
        ),
        click.option("--dataset", default="mnist", show_default=True, help="See: ganbench list."),
        click.option("--preset", help="smoke, quick (default on CPU), standard (CUDA), paper."),
        click.option("--arch", help="NAME or NAME:key=value,...; default: the data set's."),
        click.option("--seeds", type=int, help="Trainings per variant; default: the preset's."),
        click.option(
            "--budget", "images_seen", type=int, help="Real images shown to each discriminator."
        ),
        click.option(
            "--checkpoints", type=int, help="Evaluations, evenly spaced; default: the preset's."
        ),
        click.option("--batch-size", "batch", type=int, help="Default: the data set's."),
        click.option("--game", help="Game algorithm; default: the variant's, or alternating."),
        click.option(
            "--hyper", default="", help="KEY=NUMBER,...: lr, d.beta1, gradient_penalty.weight ..."
        ),
        click.option("--dtype", default="float32", show_default=True, help="float32 or float64."),
        click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda."),
        click.option("--backend", default="auto", show_default=True, help="auto, eager or loop."),
        click.option("--ema", type=float, help="Evaluate an average of G with this decay."),
        click.option("--base-seed", type=int, default=0, show_default=True),
        click.option("--features", help="Extractor of the metrics; default: the data set's."),
        click.option(
            "--metrics",
            default="default",
            show_default=True,
            help="Names and groups; default: the data set's own.",
        ),
        inception_weights,
        click.option("--data-dir", help="Folder of the data set's files."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _plan(variants: str, hyper: str, **options: Any) -> Any:
    from ganbench.plan import Request, make_plan, parse_hyper

    return make_plan(Request(variants=(variants,), hyper=parse_hyper(hyper), **options))


@click.command()
@run_options
@click.option("--out", help="Run directory; default: runs/<dataset>-<preset>-<hash>.")
@click.option("--engine", default="local", show_default=True, help="local or inline.")
@click.option("--workers", type=int, help="Processes; default: as many as cores, 1 on CUDA.")
@click.option("--threads", type=int, help="Threads of each process.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object as the last line.")
@guarded
def run(out, engine, workers, threads, as_json, **options: Any) -> None:
    """Train and evaluate variants on a data set: the main job.

    The same command again continues where it stopped, and does nothing when all is done.
    """
    from rich.console import Console

    from ganbench.api import out_folder, run_plan
    from ganbench.estimate import summary
    from ganbench.progress import Show
    from ganbench.published import published
    from ganbench.reports.findings import findings, limits
    from ganbench.reports.tables import published_table, terminal_table

    def stop(*_: object) -> None:
        raise Interrupted

    signal.signal(signal.SIGTERM, stop)
    console = Console()
    width = None if console.is_terminal else 160
    console = Console(width=width)
    plan, _ = _plan(**options)
    console.print(summary(plan), highlight=False)
    for reason in plan.skipped.values():
        console.print(f"skipped: {reason}", markup=False, highlight=False)
    shows: list[Show] = []

    def announce(units: list) -> None:
        total = len(plan.trainings) * len(plan.seeds)
        left = sum(len(unit.seeds) for unit in units)
        where = out_folder(plan, out)
        console.print(f"{total - left} of {total} seeds are done, {left} to train, in {where}")
        shows.append(Show(console, units, plan.primary))
        if units:
            shows[0].live.start()

    try:
        result = run_plan(
            plan, out, engine, workers, threads, lambda u, e: shows[0](u, e), announce
        )
    finally:
        for show in shows:
            show.live.stop()
    own = result.leaderboard[result.leaderboard["dataset"] == plan.dataset.name]
    rows = result.results[result.results["dataset"] == plan.dataset.name]
    console.print()
    console.print(terminal_table(own, rows, plan.primary))
    for sentence in [*findings(rows), *limits(plan, own["n_seeds"].min())]:
        console.print(sentence, markup=False, highlight=False)
    papers = published(plan.dataset.name, [t.variant for t in plan.trainings])
    if len(papers):
        console.print()
        console.print(published_table(papers))
    console.print()
    shown = [path for path in result.written if path.suffix != ".svg"]
    for folder, paths in groupby(shown, lambda path: path.parent):
        what = f"{folder}/: {', '.join(path.name for path in paths)}"
        console.print(what, markup=False, highlight=False)
    if as_json:
        primary = own[own["metric"] == plan.primary]
        summary_line = {
            "out": str(result.out),
            "trained": result.trained,
            "failed": result.failed,
            "skipped": result.skipped,
            "ranking": json.loads(primary.to_json(orient="records")),
            "written": [str(path) for path in result.written],
        }
        click.echo(json.dumps(summary_line))
    if result.failed:
        sys.exit(FAILED)


@click.command()
@run_options
@click.option("--out", help="Run directory whose finished seeds count as done.")
@click.option("--workers", type=int, help="Processes; default: as many as cores, 1 on CUDA.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object as the last line.")
@guarded
def plan(out, workers, as_json, **options: Any) -> None:
    """Show what ``run`` would do, how long it would take and how much memory; start nothing."""
    import os

    from rich.console import Console
    from rich.table import Table

    from ganbench.api import out_folder
    from ganbench.estimate import costs, makespan, summary
    from ganbench.reports.findings import limits
    from ganbench.store import Store

    made, data = _plan(**options)
    store = Store(out_folder(made, out))
    units = made.units(store.done)
    count = workers or ((os.cpu_count() or 1) if made.device == "cpu" else 1)
    estimates = costs(units, data)
    console = Console()
    console.print(summary(made), highlight=False)
    for reason in made.skipped.values():
        console.print(f"skipped: {reason}", markup=False, highlight=False)
    table = Table()
    for name in ("variant", "units", "seeds", "images each", "G steps", "D steps", "minutes each"):
        table.add_column(
            name, justify="left" if name == "variant" else "right", no_wrap=name == "variant"
        )
    for training in made.trainings:
        own = [c for c in estimates if c.unit.training == training]
        if own:
            d_steps = registry.get("variant", training.variant).d_steps
            table.add_row(
                training.variant,
                str(len(own)),
                str(sum(len(c.unit.seeds) for c in own)),
                f"{training.images_seen:,}",
                f"{training.steps:,}",
                f"{training.steps * d_steps:,}",
                f"{own[0].seconds / 60:.1f}",
            )
    console.print(table)
    seconds = makespan(estimates, count)
    memory = min(count, len(units)) * max((c.memory for c in estimates), default=0)
    console.print(
        f"{len(units)} units on {count} workers: about {seconds / 60:.0f} minutes and "
        f"{memory / 1e9:.1f} GB (from two timed steps of each), in {store.out}",
        highlight=False,
    )
    for sentence in limits(made, len(made.seeds)):
        console.print(sentence, markup=False, highlight=False)
    if as_json:
        shown = {
            "out": str(store.out),
            "units": [
                {"variant": c.unit.training.variant, "seeds": c.unit.seeds, "seconds": c.seconds}
                for c in estimates
            ],
            "images": sum(c.unit.training.images_seen * len(c.unit.seeds) for c in estimates),
            "seconds": seconds,
            "memory_bytes": memory,
            "skipped": made.skipped,
        }
        click.echo(json.dumps(shown))
