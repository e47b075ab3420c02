"""``ganbench verify``: executable checks with a table, a figure and an exit code."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

import click

from ganbench.cli import _common
from ganbench.cli._common import FAILED, guarded
from ganbench.cli._group import Number
from ganbench.core.errors import UsageError
from ganbench.core.limits import MOST_SEEDS
from ganbench.core.ranges import Range, whole

CHECKS = {
    "metrics": "every metric sees what it should, and only that",
    "dirac": "the Dirac-GAN converges, orbits and diverges as theory says",
    "bilinear": "every game algorithm on the bilinear game, at its theoretical rate",
    "mixtures": "packed discriminators on mixtures in the plane, as published",
    "stacked-mnist": "packed discriminators on 1000 modes, as published",
    "store": "the files of a run are whole, and none is missing",
}


@click.command()
@click.argument("name")
@click.argument("folder", required=False)
@click.option("--out", help="Folder of the figure and the table; default: runs/verify-NAME.")
@click.option("--scale", type=Number(Range(0, 1, above=True)), help="Share of the published steps.")
@click.option(
    "--seeds", type=Number(whole(2, MOST_SEEDS)), help="Trials of each variant; published: 10."
)
@click.option(
    "--court",
    is_flag=True,
    default=None,
    help="Judge metrics by published sanity checks of fidelity and diversity.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object as the last line.")
@guarded
def verify(name: str, out: str | None, as_json: bool, **options: Any) -> None:
    """Check ganbench against what is known.

    NAME is metrics, dirac, bilinear, mixtures, stacked-mnist, or store with FOLDER, a run directory
    whose files are compared with their SHA-256. Mixtures and stacked-mnist train in --out; the
    same command again continues where it stopped. On a CPU they take a small share of the
    published steps by default, and say so. The verdicts of metrics --court are a result: they
    do not change the exit code.
    """
    if name not in CHECKS:
        raise UsageError(f"unknown check {name!r}; known: {', '.join(CHECKS)}")
    check = import_module(f"ganbench.verify.{name.replace('-', '_')}").run
    folder = Path(out or f"runs/verify-{name}")
    given = {key: value for key, value in options.items() if value is not None}
    wanted = signature(check).parameters
    for key in given.keys() - wanted:
        what = "takes no FOLDER" if key == "folder" else f"has no option --{key}"
        raise UsageError(f"verify {name} {what}")
    if "folder" in wanted and "folder" not in given:
        raise UsageError(f"verify {name} needs a folder: ganbench verify {name} OUT")
    if "out" in signature(check).parameters:
        given["out"] = str(folder)
    from rich.table import Table

    from ganbench.core.files import write_bytes
    from ganbench.reports.plots import save

    with _common.console(stderr=True).status(name) as status:
        outcome = check(status.update, **given)
    console = _common.console()
    table = Table(title=f"verify {name}: {outcome.title or CHECKS[name]}", title_justify="left")
    for column in ("check", "found", "wanted", ""):
        table.add_column(column)
    for check in outcome.checks:
        table.add_row(check.name, check.found, check.wanted, "ok" if check.passed else "FAILED")
    console.print(table)
    for stem, frame in outcome.tables.items():
        write_bytes(folder / f"{stem}.csv", frame.to_csv(index=False).encode())
        console.print(str(folder / f"{stem}.csv"))
    for stem, figure in outcome.figures.items():
        for path in save(figure, folder / stem):
            console.print(str(path))
    passed = sum(check.passed for check in outcome.checks)
    console.print(f"{passed} of {len(outcome.checks)} checks passed")
    if as_json:
        click.echo(json.dumps({"passed": outcome.passed, **outcome.details}))
    if not outcome.passed:
        sys.exit(FAILED)
