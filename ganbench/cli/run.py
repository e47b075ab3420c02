"""``ganbench run``: the main job."""

from __future__ import annotations

import json
import sys
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ganbench.cli import _common
from ganbench.cli._common import FAILED, resumable
from ganbench.cli._options import engine_options, request_options

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from ganbench.api import Result
    from ganbench.core.kinds import Where
    from ganbench.experiment.plan import Plan
    from ganbench.experiment.request import Request

MOST_FILES = 12  # of a folder, that are named one by one


@click.command()
@resumable
@request_options
@click.option("--out", help="Run directory; default: runs/<dataset>-<preset>-<hash>.")
@click.option("--for", "duration", help="Grow the budget in rounds for this time: 5m, 2h ...")
@engine_options
@click.option("--log", multiple=True, help="Loggers beside events.jsonl, such as tensorboard.")
@click.option("--dry-run", is_flag=True, help="Print the script of --engine slurm; start nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object as the last line.")
def run(
    request: Request,
    out: str | None,
    duration: str | None,
    where: Where,
    log: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
) -> None:
    """Train and evaluate variants on a data set: the main job.

    The same command again continues where it stopped, and does nothing when all is done.
    """
    from ganbench.core.duration import parse_duration
    from ganbench.experiment.plan import make_plan
    from ganbench.experiment.run import out_folder, script_of

    if dry_run:
        plan, _ = make_plan(request)
        return click.echo(script_of(plan, out_folder(plan, out), where))
    console = _common.console()
    seconds = parse_duration(duration) if duration else None
    plan, result, begun = shown_run(console, request, out, where, log, seconds)
    _print_result(console, plan, result)
    _print_unfinished(console, begun, plan)
    if as_json:
        click.echo(json.dumps(_as_json(plan, result)))
    if result.failed:
        sys.exit(FAILED)


def shown_run(
    console: Console,
    request: Request,
    out: str | None,
    where: Where,
    log: tuple[str, ...] = (),
    seconds: float | None = None,
) -> tuple[Plan, Result, list[int]]:
    """Run ``request`` and show its plan and its progress.

    Args:
        seconds: for which the budget grows in rounds; None for the budget of the request.

    Returns:
        The plan, its result, and the generator updates of each round that was begun.
    """
    from ganbench.api import run_for, run_plan
    from ganbench.cli._progress import ProgressDisplay, counted
    from ganbench.experiment.growing import say_starts
    from ganbench.experiment.plan import make_plan
    from ganbench.experiment.run import out_folder
    from ganbench.experiment.store import Store

    displays: list[ProgressDisplay] = []

    def announce(plan: Plan, units: list[Any]) -> None:
        total = sum(len(plan.seeds_of(t)) for t in (*plan.trainings, *plan.controls))
        left = sum(len(unit.seeds) for unit in units)
        where = out_folder(plan, out)
        done = f"{total - left} of {counted(total, 'training')} done"
        console.print(f"{done}, {left} to train, in {where}")
        for said in say_starts(units, Store(where)):
            console.print(said)
        if displays:
            displays[-1].live.stop()
        displays.append(ProgressDisplay(console, units, plan.primary))
        if units:
            displays[-1].live.start()

    def progress(unit: Any, event: dict[str, Any]) -> None:
        displays[-1](unit, event)

    begun: list[int] = []

    def next_round(plan: Plan, units: list[Any]) -> None:
        begun.append(plan.trainings[0].steps)
        _print_plan(console, plan)
        announce(plan, units)

    try:
        if seconds:
            plan, result = run_for(
                request, seconds, out, where, progress,
                next_round, log,
            )  # fmt: skip
        else:
            plan, _ = make_plan(request)
            _print_plan(console, plan)
            result = run_plan(plan, out, where, progress, partial(announce, plan), log)
    finally:
        if displays:
            displays[-1].live.stop()
    return plan, result, begun


def _print_unfinished(console: Console, begun: list[int], plan: Plan) -> None:
    """Say which round of ``--for`` was not finished, if one was begun after that of ``plan``."""
    if begun and begun[-1] != plan.trainings[0].steps:
        console.print(
            f"The time ended in the round of {begun[-1]:,} generator updates: "
            "the same command goes on with it."
        )


def _print_plan(console: Console, plan: Plan) -> None:
    from ganbench.cli._progress import summary

    console.print(summary(plan))
    for note in plan.notes:
        console.print(f"{plan.dataset.name}: {note}")
    for reason in plan.skipped.values():
        console.print(f"skipped: {reason}")


def _print_result(console: Console, plan: Plan, result: Result) -> None:
    """Print the table, what it shows and cannot show, and the files written: one screen."""
    from ganbench.reports.tables import rows_left_out, terminal_table

    board = _shown(result.leaderboard, plan)
    first, *more = result.said
    console.print()
    console.print(first, style="bold")
    console.print(terminal_table(board, plan.primary, result.quantities))
    if left := rows_left_out(board, plan.primary):
        more.insert(0, f"{left} more that learned: see leaderboard.csv.")
    for sentence in more:
        console.print(sentence)
    console.print()
    listed = [path for path in result.written if path.suffix != ".svg"]
    for folder, paths in groupby(listed, lambda path: path.parent):
        console.print(_files(folder, list(paths)))


def _shown(table: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Return the rows of the plan's data set, under the run's own protocols."""
    from ganbench.reports.leaderboard import first_protocols

    return first_protocols(table[table["dataset"] == plan.dataset.name])


def _files(folder: Path, paths: list[Path]) -> str:
    """Return a line about the files in ``folder``."""
    if len(paths) > MOST_FILES:
        return f"{folder}/: {len(paths)} files"
    return f"{folder}/: {', '.join(path.name for path in paths)}"


def _as_json(plan: Plan, result: Result) -> dict[str, Any]:
    """Return the JSON object of ``--json``."""
    board = _shown(result.leaderboard, plan)
    primary = board[board["metric"] == plan.primary]
    return {
        "out": str(result.out),
        "trained": result.trained,
        "failed": result.failed,
        "skipped": result.skipped,
        "ranking": json.loads(primary.to_json(orient="records")),
        "written": [str(path) for path in result.written],
    }
