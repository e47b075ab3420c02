"""``ganbench score``: samples made elsewhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from ganbench.cli import _common
from ganbench.cli._common import guarded, weights
from ganbench.cli._group import SAMPLES, SEED
from ganbench.core.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from ganbench.evaluation.scores import Scores


@click.command()
@click.option(
    "--real",
    required=True,
    help="Folder of images, .npy, .npz, FILE.npz:NAME, or a data set: its held-out samples; of "
    "folder:, array: and tabular: all, unless --train names the same.",
)
@click.option("--fake", required=True, help="The same.")
@click.option("--train", help="The same: the training samples, for the group memorisation.")
@click.option(
    "--features",
    default="auto",
    show_default=True,
    help="none, pixels, classifier:mnist, inception ...; auto: what suits the real samples.",
)
@weights
@click.option(
    "--metrics",
    default="all",
    show_default=True,
    help="Names, groups, or all; a plain name, such as fd, is that of the features.",
)
@click.option(
    "--subsample", type=SAMPLES, help="Use this many of the real and of the fake samples."
)
@click.option("--seed", type=SEED, default=0, show_default=True, help="Of every subset.")
@click.option("--resize", help="HxW: resize images.")
@click.option(
    "--resizer",
    help="Of --resize: bicubic (default), area, bilinear-antialias, lanczos, or bilinear "
    "(pytorch-fid's).",
)
@click.option(
    "--background",
    help="Under transparent pixels: white (default), black, grey or #rrggbb.",
)
@click.option("--range", "value_range", help="Of float images: 0..1 or -1..1.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object as the last line.")
@guarded
def score(real, fake, train, features, metrics, subsample, seed, resize, resizer, background,
          value_range, as_json) -> None:  # fmt: skip
    """Measure samples made elsewhere against real ones."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from ganbench.evaluation.score import score_samples
    from ganbench.evaluation.score_options import reading_of

    reading = reading_of(resize=resize, resizer=resizer, background=background,
                         value_range=value_range)  # fmt: skip
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
               TimeElapsedColumn())  # fmt: skip
    try:
        console = _common.console(stderr=True)
        with Progress(*columns, console=console, transient=True,
                      disable=not console.is_terminal) as progress:  # fmt: skip
            task = progress.add_task("reading", total=None)

            def tick(what: str, done: int, total: int) -> None:
                progress.update(task, description=what, completed=done, total=total)

            scores = score_samples(
                real, fake, features, metrics, subsample, seed, train, None, reading, tick
            )
    except ValueError as error:
        raise UsageError(str(error)) from None
    for warning in scores.warnings:
        click.echo(f"ganbench: {warning}", err=True)
    click.echo(scores.features)
    _common.console().print(_table(scores))
    for note in scores.notes:
        click.echo(note)
    for name, reason in scores.unmeasured.items():
        click.echo(f"{name} has no value: {reason}")
    if as_json:
        click.echo(json.dumps(scores.to_json()))


def _table(scores: Scores) -> Table:
    """Return a row for each quantity: value, floor, their ratio, and on how many samples."""
    from rich.table import Table

    from ganbench.reports.tables import number

    table = Table()
    for name in ("metric", "value", "floor", "sd", "× floor", "noise", "real", "fake"):
        table.add_column(name, justify="left" if name == "metric" else "right")
    for key, value in scores.metrics.items():
        floor, sd = scores.floors.get(key), scores.floor_sds.get(key)
        ratio = "" if not floor or floor < 0 or value < 0 else f"{value / floor:.3g}"
        within = {True: "within", False: "", None: ""}[scores.within_noise.get(key)]
        cells = ("" if n is None else number(n) for n in (floor, sd))
        sizes = (f"{n:,}" if n else "" for n in scores.counts[key])
        table.add_row(key, number(value), *cells, ratio, within, *sizes)
    return table
