"""``ganbench measure``: more metrics of trainings that are finished."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from ganbench.cli import _common
from ganbench.cli._common import FAILED, resumable, weights
from ganbench.cli._group import Number
from ganbench.cli._options import engine_options
from ganbench.core.limits import MOST_ROUNDS, MOST_SAMPLES
from ganbench.core.ranges import whole

if TYPE_CHECKING:
    from rich.console import Console

    from ganbench.api import Result
    from ganbench.core.kinds import Where


SOME = Number(whole(2, MOST_SAMPLES))  # of which a covariance has values


@click.command()
@resumable
@click.argument("out")
@click.option("--metrics", default="default", show_default=True, help="Names, groups, or all.")
@click.option("--features", help="Extractor of the metrics; default: the run's.")
@click.option("--n-fake", type=SOME, help="Most generated samples; default: the run's.")
@click.option("--n-real", type=SOME, help="Most held-out samples; default: the run's.")
@click.option("--variants", multiple=True, help="Of the run; default: all.")
@click.option("--dataset", help="Where the run has several.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option("--data-dir", help="Folder of the data set's files.")
@click.option(
    "--draws",
    type=Number(whole(0, MOST_ROUNDS)),
    default=0,
    help="Measure each model this many times, on other samples each time: two-levels.csv.",
)
@click.option("--check", is_flag=True, help="Measure what the records hold, and compare.")
@weights
@engine_options
def measure(
    out: str,
    where: Where,
    check: bool,
    draws: int,
    **options: Any,
) -> None:
    """Measure the kept models of the run in OUT by more metrics; nothing is trained.

    The values join its results.csv and leaderboard.csv under their own protocols. The same command
    again measures only what is left.
    """
    from ganbench import api
    from ganbench.cli._progress import counted

    console = _common.console()
    seeds: list[int] = []

    def announce(units: list[Any]) -> None:
        seeds.extend(len(unit.seeds) for unit in units)
        what = "to compare with their records" if check else "to measure"
        what += f" {draws} times" if draws else ""
        console.print(f"{counted(sum(seeds), 'training')} {what}, in {out}")

    def progress(unit: Any, event: dict[str, Any]) -> None:
        if "failed" in event:
            console.print(f"{unit.label} failed: {event['failed']}", style="red")

    result = api.measure(
        out, engine=where.engine, workers=where.workers, threads=where.threads,
        engine_opts=where.options, check=check, draws=draws,
        progress=progress, announce=announce, **options,
    )  # fmt: skip
    if check and not result.failed:
        console.print("every value is that of its record")
    if draws:
        _print_levels(console, result)
    elif not check:
        _print_table(console, result)
    if result.failed:
        sys.exit(FAILED)


def _print_levels(console: Console, result: Result) -> None:
    """Print what seeds and what samples make of the differences between values."""
    from rich.table import Table

    from ganbench.reports import two_levels
    from ganbench.reports.tables import number

    table = two_levels.read(result.out)
    metric = table["metric"].iloc[0]
    shown = Table(title=f"{metric}: IQM over seeds, with 95 % intervals")
    for name in ("variant", "seeds", metric, "over seeds", "over samples", "of samples"):
        shown.add_column(name, justify="left" if name == "variant" else "right")
    for row in table[table["metric"] == metric].itertuples():
        ends = ((row.seeds_low, row.seeds_high), (row.samples_low, row.samples_high))
        spans = (f"{number(low)} to {number(high)}" for low, high in ends)
        share = f"{100 * row.share_of_samples:.0f} %"
        shown.add_row(row.variant, str(row.n_seeds), number(row.iqm), *spans, share)
    console.print(shown)
    for sentence in two_levels.sentences(table):
        console.print(sentence)
    console.print(f"{result.out}/: two-levels.csv")


def _print_table(console: Console, result: Result) -> None:
    """Print a table by the first quantity that was asked for, with the others beside it."""
    from ganbench.reports.tables import terminal_table

    board = result.leaderboard
    if len(board):
        shown = {k: q.model_copy(update={"headline": True}) for k, q in result.quantities.items()}
        console.print(terminal_table(board, board["metric"].iloc[0], shown))
    names = [path.name for path in result.written if path.suffix == ".csv"]
    console.print(f"{result.out}/: {', '.join(names)}")
