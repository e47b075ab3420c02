"""``ganbench plan``: what ``run`` would do, and what it would cost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from ganbench.cli import _common
from ganbench.cli._common import guarded
from ganbench.cli._group import PROCESSES
from ganbench.cli._options import request_options
from ganbench.core import registry
from ganbench.core.kinds import Where

if TYPE_CHECKING:
    from rich.table import Table

    from ganbench.experiment.estimate import Cost
    from ganbench.experiment.plan import Plan
    from ganbench.experiment.request import Request


@click.command()
@guarded
@request_options
@click.option("--out", help="Run directory whose finished seeds count as done.")
@click.option(
    "--engine", default="local", show_default=True, help="One of `ganbench list engines`."
)
@click.option("--workers", type=PROCESSES, help="Processes; default: as many as cores, 1 on CUDA.")
@click.option("--nodes", type=PROCESSES, default=1, help="Machines like this one.")
@click.option("--gpus-per-node", type=PROCESSES, help="Workers of each; default: as --workers.")
@click.option("--cpus-per-node", type=PROCESSES, help="The same, for trainings on CPUs.")
@click.option("--write", is_flag=True, help="Write plan.json there, for `ganbench worker`.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object as the last line.")
def plan(
    request: Request,
    out: str | None,
    engine: str,
    workers: int | None,
    nodes: int,
    gpus_per_node: int | None,
    cpus_per_node: int | None,
    write: bool,
    as_json: bool,
) -> None:
    """Show what ``run`` would do, how long it would take and how much memory; start nothing."""
    from ganbench.cli._progress import counted, summary
    from ganbench.experiment.estimate import costs, makespan
    from ganbench.experiment.plan import make_plan
    from ganbench.experiment.plan_files import content
    from ganbench.experiment.run import check_where, out_folder
    from ganbench.experiment.store import Store
    from ganbench.reports.findings import limits

    count_of = check_where(Where(engine, workers)).workers
    made, data = make_plan(request)
    store = Store(out_folder(made, out))
    units = made.units(store.ended(), store.begun())
    each = workers or gpus_per_node or cpus_per_node
    count = nodes * count_of(each, made.device)
    if write:
        store.prepare()
        store.write_plan(content(made))
    estimates = costs(units, data)
    console = _common.console()
    console.print(summary(made))
    for note in made.notes:
        console.print(f"{made.dataset.name}: {note}")
    for reason in made.skipped.values():
        console.print(f"skipped: {reason}")
    console.print(_table(made, estimates))
    seconds = makespan(estimates, count)
    memory = min(count, len(units)) * max((c.memory for c in estimates), default=0)
    console.print(
        f"{counted(len(units), 'unit')} on {counted(count, 'worker')}: about {_time(seconds)} and "
        f"{memory / 1e9:.1f} GB (from a few timed steps of each on this {made.device}), in "
        f"{store.out}",
    )
    kept = sum(cost.kept for cost in estimates)
    console.print(f"the models that are kept need {kept / 1e6:.0f} MB (--keep)")
    steps = min(training.steps for training in made.trainings)
    for sentence in limits(len(made.seeds), steps, [t.variant for t in made.trainings]):
        console.print(sentence)
    if as_json:
        answer = {
            "out": str(store.out),
            "units": [
                {"variant": c.unit.training.variant, "seeds": c.unit.seeds, "seconds": c.seconds}
                for c in estimates
            ],
            "steps": sum(
                c.unit.training.steps * len(c.unit.seeds)
                for c in estimates
                if not c.unit.training.control
            ),
            "workers": count,
            "seconds": seconds,
            "memory_bytes": memory,
            "kept_bytes": kept,
            "skipped": made.skipped,
        }
        click.echo(json.dumps(answer))


def _time(seconds: float) -> str:
    """Return seconds below two minutes, else minutes."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _table(made: Plan, estimates: list[Cost]) -> Table:
    """Return a row for each variant with units to do."""
    from rich.table import Table

    table = Table()
    for name in ("variant", "units", "seeds", "G steps", "D steps", "images each", "time each"):
        table.add_column(
            name, justify="left" if name == "variant" else "right", no_wrap=name == "variant"
        )
    for training in made.trainings:
        own = [c for c in estimates if c.unit.training == training]
        if own:
            d_steps = registry.variants.get(training.variant).d_steps
            table.add_row(
                training.variant,
                str(len(own)),
                str(sum(len(c.unit.seeds) for c in own)),
                f"{training.steps:,}",
                f"{training.steps * d_steps:,}",
                f"{training.steps * d_steps * training.batch:,}",
                _time(own[0].seconds),
            )
    return table
