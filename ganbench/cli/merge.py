"""``ganbench merge``: run directories of several machines as one."""

from __future__ import annotations

from pathlib import Path

import click

from ganbench.cli import _common
from ganbench.cli._common import guarded


@click.command()
@click.argument("outs", nargs=-1, required=True)
@click.option("--to", required=True, help="Run directory for all; may be one of them.")
@guarded
def merge(outs: tuple[str, ...], to: str) -> None:
    """Copy the results of the run directories OUTS into one, and make its tables.

    Trainings that are in several must have the same results there; otherwise nothing is merged, and
    the difference is named.
    """
    from ganbench.cli._progress import counted
    from ganbench.core.notices import notice
    from ganbench.experiment.merging import merge as merged
    from ganbench.experiment.store import Store
    from ganbench.reports.build import build

    console, target = _common.console(), Path(to)
    done = merged([Path(out) for out in outs], target)
    for said in done.said:
        notice(said)
    console.print(f"{counted(done.trainings, 'training')} in {to}, {done.new} of them new")
    for path in build(Store(target), None).written:
        console.print(str(path))
