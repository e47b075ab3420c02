"""``ganbench tune``: a recipe for one data set and preset."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ganbench.cli._common import resumable, stop_on_sigterm
from ganbench.cli._options import engine_options, request_options
from ganbench.core.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from ganbench.experiment.request import Request


@click.command()
@resumable
@request_options
@click.option("--out", help="Folder of the trainings; default: runs/tune-<dataset>-<preset>.")
@click.option("--write", help="Write the recipe to this file; default: OUT/recipe.json.")
@engine_options
@click.option("--json", "as_json", is_flag=True, help="Print the recipe as the last line.")
def tune(
    request: Request,
    out: str | None,
    write: str | None,
    engine: str,
    workers: int | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Choose every variant's learning rate for a preset's budget, on the validation split.

    Five multiples of each paper's rate with one seed, the two best with three: the same search for
    every variant. The same command again continues where it stopped. `ganbench run --recipe FILE`
    takes the result.
    """
    from rich.console import Console

    from ganbench.core.files import write_bytes
    from ganbench.experiment import tuning
    from ganbench.reports import search

    own = (request.seeds, request.checkpoints, request.metrics, request.recipe)
    if own != (None, None, "default", "auto"):
        raise UsageError(
            "--seeds, --checkpoints, --metrics and --recipe are the search's own: leave them out"
        )

    stop_on_sigterm()
    console = Console(stderr=True)
    folder = Path(
        out or f"runs/tune-{request.dataset.replace(':', '-')}-{request.preset or 'quick'}"
    )

    def report(unit: Any, event: dict[str, Any]) -> None:
        if "failed" in event:
            console.print(f"{unit.label} failed: {event['failed']}", markup=False)

    found = tuning.tune(
        request, folder, engine, workers, threads, report, lambda what: console.print(what)
    )
    path = Path(write) if write else folder / "recipe.json"
    write_bytes(path, tuning.as_json(found))
    Console().print(_table(found))
    for sentence in search.sentences(found):
        click.echo(sentence)
    for file in search.write(folder, found):
        click.echo(str(file))
    click.echo(f"{path}: ganbench run --recipe {path}")
    if as_json:
        click.echo(json.dumps(found))


def _table(found: dict[str, Any]) -> Table:
    """Return a row for each variant: the factor taken, and the medians at each."""
    import numpy as np
    from rich.table import Table

    from ganbench.experiment.tuning import FACTORS
    from ganbench.reports.tables import number
    from ganbench.stats.aggregate import median

    out = Table(title=f"{found['metric']} on the validation split, median over seeds")
    for name in ("variant", "rate ×", *(f"× {factor:g}" for factor in FACTORS)):
        out.add_column(name, justify="left" if name == "variant" else "right")
    for variant, chosen in found["variants"].items():
        cells = []
        for factor in FACTORS:
            values = chosen["values"].get(f"{factor:g}", [])
            cells.append(number(float(median(np.array(values)))) if values else "")
        out.add_row(variant, f"{chosen['rate_factor']:g}", *cells)
    return out
