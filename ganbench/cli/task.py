"""``ganbench task``: what trained generators are good for."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from ganbench.cli import _common
from ganbench.cli._common import FAILED, resumable
from ganbench.cli._group import Number
from ganbench.cli._options import engine_options
from ganbench.cli.run import shown_run
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.ranges import whole
from ganbench.experiment.request import MOST_SEEDS, Request

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from ganbench.core.kinds import Where


@click.command()
@resumable
@click.argument("name")
@click.argument("out", required=False)
@click.option("--variants", multiple=True, help="Of the run in OUT, default: all; or to train.")
@click.option("--dataset", help="Where the run has several; without OUT: to train on (mnist).")
@click.option("--preset", help="Without OUT: of the training, as of `ganbench run`.")
@click.option("--seeds", type=Number(whole(1, MOST_SEEDS)), help="Without OUT: as of a run.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option("--data-dir", help="Folder of the data set's files.")
@engine_options
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object as the last line.")
def task(
    name: str,
    out: str | None,
    preset: str | None,
    seeds: int | None,
    where: Where,
    as_json: bool,
    **options: Any,
) -> None:
    """Let the kept models of the run in OUT do the task NAME; see `ganbench list tasks`.

    Without OUT, the models are trained first, as by `ganbench run`, into a run directory of theirs.
    The same command again does what is left.
    """
    from ganbench import api
    from ganbench.cli._progress import counted

    console, broken = _common.console(), False
    if out is None:
        request = _request(name, preset, seeds, **options)
        plan, trained, _ = shown_run(console, request, None, where)
        out, options["dataset"] = str(trained.out), plan.dataset.name
        broken = bool(trained.failed)
        options["variants"] = tuple(training.variant for training in plan.trainings)
    elif preset or seeds:
        raise UsageError(f"--preset and --seeds are of a new run: leave them out, or {out}")

    def announce(units: list[Any]) -> None:
        console.print(f"task {name}: {counted(len(units), 'training')} to try, in {out}")

    def progress(unit: Any, event: dict[str, Any]) -> None:
        if "failed" in event:
            console.print(f"{unit.label} failed: {event['failed']}", style="red")

    result = api.task(
        name, out, engine=where.engine, workers=where.workers, threads=where.threads,
        engine_opts=where.options, progress=progress,
        announce=announce, **options,
    )  # fmt: skip
    console.print(_table(result.table))
    for sentence in result.said:
        console.print(sentence)
    console.print(f"{out}/tasks/: {', '.join(path.name for path in result.written)}")
    if as_json:
        rows = json.loads(result.table.to_json(orient="records"))
        click.echo(json.dumps({"rows": rows, "failed": result.failed}))
    if result.failed or broken:
        sys.exit(FAILED)


def _request(
    name: str,
    preset: str | None,
    seeds: int | None,
    variants: tuple[str, ...],
    dataset: str | None,
    device: str,
    data_dir: str | None,
) -> Request:
    """Return what is trained where no run is given, once the task NAME is known to fit it."""
    from ganbench.experiment.plan import make_plan
    from ganbench.experiment.task_runs import fitting_input

    task = registry.tasks.get(name)
    if not variants:
        raise UsageError("OUT or --variants needed: a run directory, or what is to be trained")
    request = Request(
        variants=variants, dataset=dataset or "mnist", preset=preset, seeds=seeds, device=device,
        data_dir=data_dir, keep="all" if task.needs_discriminator else "auto",
    )  # fmt: skip
    fitting_input(task, make_plan(request)[0].trainings[0])
    return request


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
