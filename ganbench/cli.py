"""The command line. torch is imported only inside the commands that need it."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from ganbench import __version__, listing, registry
from ganbench.errors import Interrupted, UsageError

FAILED, USAGE, RESUMABLE, CTRL_C = 1, 2, 75, 130


def guarded(command: Callable) -> Callable:
    """Turn the errors that a user can put right into one line and an exit code."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except UsageError as error:
            click.echo(f"ganbench: {error}", err=True)
            sys.exit(USAGE)
        except Interrupted:
            click.echo("ganbench: stopped; the same command goes on from here", err=True)
            sys.exit(RESUMABLE)
        except KeyboardInterrupt:
            click.echo("ganbench: interrupted; the same command goes on from here", err=True)
            sys.exit(CTRL_C)

    return wrapped


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def main() -> None:
    """A benchmark and comparison suite for generative adversarial networks."""


def _weights(_: click.Context, __: click.Parameter, file: str | None) -> None:
    if file:
        os.environ["GANBENCH_INCEPTION_WEIGHTS"] = os.path.abspath(file)  # for the workers too


inception_weights = click.option(
    "--inception-weights", metavar="FILE", expose_value=False, callback=_weights,
    help="Weights of the inception features; default: torch hub's cache.",
)  # fmt: skip


def run_options(command: Callable) -> Callable:
    """Add the options that ``run`` and ``plan`` share."""
    options = [
        click.option("--variants", default="all", show_default=True, help="Names, or all."),
        click.option("--dataset", default="mnist", show_default=True, help="See: ganbench list."),
        click.option("--preset", help="smoke, quick (default on CPU), standard (CUDA), paper."),
        click.option("--arch", help="NAME or NAME:key=value,...; default: the data set's."),
        click.option("--seeds", type=int, help="Trainings per variant; default: the preset's."),
        click.option(
            "--budget", "images_seen", type=int, help="Real images shown to each discriminator."
        ),
        click.option("--batch-size", "batch", type=int, help="Default: the data set's."),
        click.option("--game", default="alternating", show_default=True, help="Game algorithm."),
        click.option("--dtype", default="float32", show_default=True, help="float32 or float64."),
        click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda."),
        click.option("--backend", default="auto", show_default=True, help="auto, eager or loop."),
        click.option("--ema", type=float, help="Evaluate an average of G with this decay."),
        click.option("--base-seed", type=int, default=0, show_default=True),
        click.option("--features", help="Extractor of the metrics; default: the data set's."),
        inception_weights,
        click.option("--data-dir", help="Folder of the data set's files."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _plan(variants: str, **options: Any) -> Any:
    from ganbench.plan import Request, make_plan

    return make_plan(Request(variants=(variants,), **options))


@main.command()
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
    from ganbench.reports.tables import findings, terminal_table

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
        shows.append(Show(console, units, plan.dataset.primary))
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
    console.print(terminal_table(own, rows, plan.dataset.primary))
    for sentence in findings(rows):
        console.print(sentence, markup=False, highlight=False)
    console.print()
    for path in result.written:
        if path.suffix != ".svg":
            console.print(str(path), markup=False, highlight=False, soft_wrap=True)
    if as_json:
        primary = own[own["metric"] == plan.dataset.primary]
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


@main.command()
@run_options
@click.option("--out", help="Run directory whose finished seeds count as done.")
@click.option("--workers", type=int, help="Processes; default: as many as cores, 1 on CUDA.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object as the last line.")
@guarded
def plan(out, workers, as_json, **options: Any) -> None:
    """Show what ``run`` would do, how long it would take and how much memory; start nothing."""
    from rich.console import Console
    from rich.table import Table

    from ganbench.api import out_folder
    from ganbench.estimate import costs, makespan, summary
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
        table.add_column(name, justify="left" if name == "variant" else "right")
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


def _size(text: str | None) -> tuple[int, int] | None:
    """Return (height, width) of ``HxW``."""
    if text is None:
        return None
    parts = text.lower().split("x")
    if len(parts) != 2 or not all(p.isdigit() and int(p) > 0 for p in parts):
        raise UsageError(f"--resize is {text!r}: HxW needed, such as 28x28")
    return int(parts[0]), int(parts[1])


@main.command()
@click.option("--real", required=True, help="Folder of images, .npy, .npz or FILE.npz:NAME.")
@click.option("--fake", required=True, help="The same.")
@click.option(
    "--features", default="none", show_default=True, help="Or pixels, classifier:mnist, inception."
)
@inception_weights
@click.option("--metrics", default="all", show_default=True, help="Names, groups, or all.")
@click.option("--subsample", type=int, help="Use so many samples of each side.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of every subset.")
@click.option("--resize", help="HxW: resize images (pillow, bicubic).")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object as the last line.")
@guarded
def score(real, fake, features, metrics, subsample, seed, resize, as_json) -> None:
    """Measure samples made elsewhere against real ones."""
    from rich.console import Console
    from rich.table import Table

    from ganbench.inputs import RESIZER, read
    from ganbench.reports.tables import number
    from ganbench.scoring import report

    size = _size(resize)
    note = f"{RESIZER} to {size[0]}x{size[1]}" if size else ""
    console = Console(stderr=True)
    try:
        with console.status("reading") as status:
            ours, theirs = read(real, size), read(fake, size)
            found = report(ours, theirs, features, metrics, subsample, seed, note, status.update)
    except ValueError as error:
        raise UsageError(str(error)) from None
    table = Table()
    for name in ("metric", "value", "floor"):
        table.add_column(name, justify="left" if name == "metric" else "right")
    for key, value in found.metrics.items():
        table.add_row(key, number(value), number(found.floors[key]))
    Console().print(table)
    if as_json:
        click.echo(json.dumps(found.to_json()))


@main.command(name="list")
@click.argument("kind", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object as the last line.")
@guarded
def list_(kind: str | None, as_json: bool) -> None:
    """List what is registered: variants, archs, datasets, features, metrics, suites."""
    plural = {"features": "features"} | {k: f"{k}s" for k in registry.KINDS if k != "features"}
    kinds = [k for k in registry.KINDS if kind in (None, k, plural[k])]
    if not kinds:
        raise UsageError(f"unknown kind {kind!r}; known: {', '.join(plural.values())}")
    for k in kinds:
        click.echo(click.style(plural[k], bold=True))
        for item in registry.items(k):
            click.echo(f"  {item.name:<20}{listing.summary(k, item)}")
    for plugin, trace in registry.broken_plugins().items():
        click.echo(f"plugin {plugin} failed to import:\n{trace}", err=True)
    if as_json:
        click.echo(json.dumps({plural[k]: registry.names(k) for k in kinds}))


@main.command()
@click.argument("name")
@guarded
def info(name: str) -> None:
    """Show everything about one registered NAME: paper, equation, defaults, source file."""
    found = [(kind, registry.get(kind, name)) for kind in registry.KINDS
             if name in registry.names(kind)]  # fmt: skip
    if not found:
        from ganbench.errors import unknown

        everything = [n for kind in registry.KINDS for n in registry.names(kind)]
        raise unknown("name", name, everything)
    for kind, item in found:
        click.echo(click.style(f"{kind} {item.name}", bold=True))
        for key, value in listing.details(kind, item):
            click.echo(f"  {key:<12} {value}")


if __name__ == "__main__":
    main()
