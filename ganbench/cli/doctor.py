"""``ganbench doctor``: is this machine fit for a run?"""

from __future__ import annotations

import json
import sys
from importlib import import_module

import click

from ganbench.cli import _common
from ganbench.cli._common import FAILED, guarded


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object as the last line.")
@guarded
def doctor(as_json: bool) -> None:
    """Look at versions, devices, memory, disk, data and weights, and say what to put right.

    The exit code is 1 when something needs fixing.
    """
    from rich.table import Table

    found = list(import_module("ganbench.verify.installation").findings())
    table = Table(title="ganbench doctor", title_justify="left")
    for column in ("subject", "", "found", "what to do"):
        table.add_column(column, overflow="fold")
    for finding in found:
        style = {"fix": "red", "note": "yellow"}.get(finding.state, "")
        table.add_row(*finding, style=style)
    _common.console().print(table)
    wrong = [finding.subject for finding in found if finding.state == "fix"]
    click.echo(f"to be put right: {', '.join(wrong)}" if wrong else "nothing needs fixing")
    if as_json:
        click.echo(json.dumps([finding._asdict() for finding in found]))
    if wrong:
        sys.exit(FAILED)
