"""``ganbench tune``: a recipe for one data set and preset."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ganbench.cli import _common
from ganbench.cli._common import resumable
from ganbench.cli._group import Number
from ganbench.cli._options import engine_options, request_options
from ganbench.core.errors import UsageError
from ganbench.core.limits import MOST_SEEDS, MOST_TRIALS
from ganbench.core.ranges import whole

if TYPE_CHECKING:
    from rich.table import Table

    from ganbench.core.kinds import Where
    from ganbench.experiment.request import Request


@click.command()
@resumable
@request_options
@click.option(
    "--space",
    default="lr",
    show_default=True,
    help="AXIS or AXIS=VALUE|VALUE, separated by commas: lr, g.lr, d.lr, beta1, beta2, weight (of "
    "all penalties), or any hyper-parameter; x5 is five times the paper's.",
)
@click.option(
    "--trials",
    type=Number(whole(1, MOST_TRIALS)),
    help="Configurations of each variant, the paper's being the first; default: all, at most 16.",
)
@click.option("--sampler", default="grid", show_default=True, help="grid, or optuna.")
@click.option(
    "--test-seeds",
    type=Number(whole(0, MOST_SEEDS)),
    default=3,
    show_default=True,
    help="Fresh trainings of the chosen and of the paper's configuration for the test split.",
)
@click.option("--out", help="Folder of the trainings; default: runs/tune-<dataset>-<preset>.")
@click.option("--write", help="Write the recipe to this file; default: OUT/recipe.json.")
@engine_options
@click.option("--json", "as_json", is_flag=True, help="Print the recipe as the last line.")
def tune(
    request: Request,
    space: str,
    trials: int | None,
    sampler: str,
    test_seeds: int,
    out: str | None,
    write: str | None,
    where: Where,
    as_json: bool,
) -> None:
    """Choose every variant's constants for a preset's budget, on the validation split.

    By default the learning rates: five multiples of each paper's with one seed, the two best with
    three fresh ones, the same search for every variant; then the chosen and the paper's on the test
    split. The same command again continues where it stopped. `ganbench run --recipe
    FILE` takes the result.
    """
    from ganbench.core.files import write_bytes
    from ganbench.experiment import tuning
    from ganbench.reports import search

    own = (request.seeds, request.checkpoints, request.metrics, request.recipe)
    if own != (None, None, "default", "auto"):
        raise UsageError(
            "--seeds, --checkpoints, --metrics and --recipe are the search's own: leave them out"
        )

    console = _common.console(stderr=True)
    folder = Path(
        out or f"runs/tune-{request.dataset.replace(':', '-')}-{request.preset or 'quick'}"
    )

    def report(unit: Any, event: dict[str, Any]) -> None:
        if "failed" in event:
            console.print(f"{unit.label} failed: {event['failed']}")

    found = tuning.tune(
        request, folder, space, trials, sampler, test_seeds, where, report,
        lambda what: console.print(what),
    )  # fmt: skip
    path = Path(write) if write else folder / "recipe.json"
    write_bytes(path, tuning.as_json(found))
    _common.console().print(_table(found))
    for sentence in search.sentences(found):
        click.echo(sentence)
    for file in search.write(folder, found):
        click.echo(str(file))
    click.echo(f"{path}: ganbench run --recipe {path}")
    if as_json:
        click.echo(json.dumps(found))


def _table(found: dict[str, Any]) -> Table:
    """Return a row for each variant: what is taken, and its medians beside the paper's."""
    from rich.table import Table

    from ganbench.reports.search import on_the_test_split, tries
    from ganbench.reports.tables import number

    rows, test = tries(found), on_the_test_split(found).set_index("variant")
    out = Table(title=f"{found['metric']}, median over seeds; the paper's constants beside")
    for name in ("variant", "configuration", "validation", "paper", "test", "paper"):
        left = name in ("variant", "configuration")
        out.add_column(name, justify="left" if left else "right")
    for variant, own in rows.groupby("variant", sort=False):
        chosen = own[own["chosen"]].iloc[0]
        paper = own[own["configuration"] == "paper"]["median"].iloc[0]
        more = test.loc[variant, ["chosen", "paper"]].tolist() if variant in test.index else []
        cells = [chosen["median"], paper, *more]
        out.add_row(str(variant), chosen["configuration"], *(number(float(v)) for v in cells))
    return out
