"""``ganbench worker``: a part of a planned run, on this machine."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from ganbench.cli import _common
from ganbench.cli._common import FAILED, resumable
from ganbench.cli._options import engine_options

if TYPE_CHECKING:
    from ganbench.core.kinds import Where
    from ganbench.experiment.plan import Plan


@click.command()
@resumable
@click.option("--plan", "path", required=True, help="OUT/plan.json, as `ganbench plan --write`.")
@click.option("--shard", default="1/1", show_default=True, help="I/N: the I-th of N parts.")
@click.option("--follow", is_flag=True, help="Take what other parts left, after this one.")
@click.option("--data-dir", help="Where the data are on this machine.")
@engine_options
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object as the last line.")
def worker(
    path: str,
    shard: str,
    follow: bool,
    data_dir: str | None,
    where: Where,
    as_json: bool,
) -> None:
    """Train and measure a part of a plan, into the folder of plan.json.

    Any number of these may work on one folder, on any number of machines: no training is done
    twice. The same command again goes on; `ganbench report OUT` makes the tables.
    """
    from ganbench.cli._progress import ProgressDisplay, counted
    from ganbench.experiment.shards import work

    console = _common.console()
    displays: list[ProgressDisplay] = []

    def announce(plan: Plan, units: list[Any]) -> None:
        console.print(f"shard {shard}: {counted(len(units), 'unit')} to do")
        displays.append(ProgressDisplay(console, units, plan.primary))
        if units:
            displays[0].live.start()

    def progress(unit: Any, event: dict[str, Any]) -> None:
        displays[0](unit, event)

    try:
        done = work(path, shard, follow, where, data_dir, progress, announce)
    finally:
        if displays:
            displays[0].live.stop()
    for unit, reason in done.failed:
        console.print(f"{unit.label} failed: {reason}", style="red")
    console.print(f"shard {shard} is done; {counted(done.left, 'training')} of the plan left")
    if as_json:
        failed = [unit.label for unit, _ in done.failed]
        click.echo(json.dumps({"units": len(done.units), "failed": failed, "left": done.left}))
    if done.failed:
        sys.exit(FAILED)
