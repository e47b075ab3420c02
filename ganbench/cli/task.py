"""``ganbench task``: what trained generators are good for."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from ganbench.cli import _common
from ganbench.cli._common import FAILED, resumable
from ganbench.cli._options import engine_options

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table


@click.command()
@resumable
@click.argument("name")
@click.argument("out")
@click.option("--variants", multiple=True, help="Of the run; default: all.")
@click.option("--dataset", help="Where the run has several.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option("--data-dir", help="Folder of the data set's files.")
@engine_options
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object as the last line.")
def task(
    name: str,
    out: str,
    engine: str,
    workers: int | None,
    threads: int | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Let the kept models of the run in OUT do the task NAME; see `ganbench list tasks`.

    The same command again does what is left.
    """
    from ganbench import api
    from ganbench.cli._progress import counted

    console = _common.console()

    def announce(units: list[Any]) -> None:
        console.print(f"task {name}: {counted(len(units), 'training')} to try, in {out}")

    def progress(unit: Any, event: dict[str, Any]) -> None:
        if "failed" in event:
            console.print(f"{unit.label} failed: {event['failed']}", style="red")

    result = api.task(
        name, out, engine=engine, workers=workers, threads=threads, progress=progress,
        announce=announce, **options,
    )  # fmt: skip
    console.print(_table(result.table))
    for sentence in result.said:
        console.print(sentence)
    console.print(f"{out}/tasks/: {', '.join(path.name for path in result.written)}")
    if as_json:
        rows = json.loads(result.table.to_json(orient="records"))
        click.echo(json.dumps({"rows": rows, "failed": result.failed}))
    if result.failed:
        sys.exit(FAILED)


def _table(found: pd.DataFrame) -> Table:
    """Return a row for each variant and baseline, a column for each quantity, by the first."""
    from rich.table import Table

    from ganbench.reports.tables import number

    keys = list(dict.fromkeys(found["metric"]))
    medians = found.pivot_table(
        index="variant", columns="metric", values="median", sort=False, dropna=False
    )
    shown = Table()
    for key in ("variant", "seeds", *keys):
        shown.add_column(key, justify="left" if key == "variant" else "right")
    for row in found[found["metric"] == keys[0]].itertuples():
        cells = (number(medians.loc[row.variant, key]) for key in keys)
        shown.add_row(row.variant, str(row.n_seeds), *cells)
    return shown
