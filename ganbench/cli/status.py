"""``ganbench status``: how far a run is."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ganbench.cli import _common
from ganbench.cli._common import guarded

if TYPE_CHECKING:
    from rich.console import Group

    from ganbench.experiment.progress import RunProgress

EVERY_S = 2.0


@click.command()
@click.argument("out")
@click.option("--watch", is_flag=True, help="Look again every two seconds, until all is done.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object as the last line.")
@guarded
def status(out: str, watch: bool, as_json: bool) -> None:
    """Say how far the run in OUT is, from its files alone: nothing is written.

    Trainings that are at work are told apart from those that were interrupted, which the same
    `ganbench run` goes on with.
    """
    from rich.live import Live

    from ganbench.experiment.progress import progress_of

    console, found = _common.console(), progress_of(Path(out))
    if watch and console.is_terminal:
        with Live(_shown(found), console=console) as live:
            while found.left:
                time.sleep(EVERY_S)
                found = progress_of(Path(out))
                live.update(_shown(found))
    else:
        console.print(_shown(found))
        while watch and found.left:
            time.sleep(EVERY_S)
            before, found = found, progress_of(Path(out))
            if found != before:
                console.print(_line(found))
    if as_json:
        click.echo(json.dumps(_as_json(found)))


def _line(found: RunProgress) -> str:
    total = sum(found.planned.values())
    running = sum(entry.running for entry in found.at_work)
    said = f"{total - found.left} of {total} trainings done, {running} units at work"
    interrupted = len(found.at_work) - running
    return said + (f", {interrupted} interrupted" if interrupted else "")


def _shown(found: RunProgress) -> Group:
    from rich.console import Group
    from rich.table import Table

    from ganbench.experiment.progress import ENDS

    table = Table()
    for column in ("variant", "planned", *ENDS):
        table.add_column(column, justify="left" if column == "variant" else "right")
    for name, planned in found.planned.items():
        counts = (str(found.ended[name][end] or "") for end in ENDS)
        table.add_row(name, str(planned), *counts)
    lines = [_line(found)]
    for unit, running, share, at in found.at_work:
        part = "" if share is None else f", {100 * share:.0f}% at {at}"
        lines.append(f"{unit.label}: {'at work' if running else 'interrupted'}{part}")
    return Group(table, *lines)


def _as_json(found: RunProgress) -> dict[str, object]:
    at_work = [
        {"variant": unit.training.variant, "seeds": unit.seeds, "running": running,
         "share": share, "at": at}
        for unit, running, share, at in found.at_work
    ]  # fmt: skip
    return {
        "planned": found.planned, "ended": found.ended, "left": found.left, "at_work": at_work
    }  # fmt: skip
