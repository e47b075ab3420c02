"""``ganbench score``: samples made elsewhere."""

from __future__ import annotations

import json

import click

from ganbench.cli._common import guarded, inception_weights
from ganbench.core.errors import UsageError


def _size(text: str | None) -> tuple[int, int] | None:
    """Return (height, width) of ``HxW``."""
    if text is None:
        return None
    parts = text.lower().split("x")
    if len(parts) != 2 or not all(p.isdigit() and int(p) > 0 for p in parts):
        raise UsageError(f"--resize is {text!r}: HxW needed, such as 28x28")
    return int(parts[0]), int(parts[1])


@click.command()
@click.option("--real", required=True, help="Folder of images, .npy, .npz or FILE.npz:NAME.")
@click.option("--fake", required=True, help="The same.")
@click.option("--train", help="The same: the training samples, for the group memorisation.")
@click.option(
    "--features",
    default="none",
    show_default=True,
    help="none, pixels, classifier:mnist, inception.",
)
@inception_weights
@click.option("--metrics", default="all", show_default=True, help="Names, groups, or all.")
@click.option("--subsample", type=int, help="Use this many of the real and of the fake samples.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of every subset.")
@click.option("--resize", help="HxW: resize images (pillow, bicubic).")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object as the last line.")
@guarded
def score(real, fake, train, features, metrics, subsample, seed, resize, as_json) -> None:
    """Measure samples made elsewhere against real ones."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.table import Table

    from ganbench.data._files import RESIZER, read
    from ganbench.evaluation.score import score_samples
    from ganbench.reports.tables import number

    size = _size(resize)
    resized = f"{RESIZER} to {size[0]}x{size[1]}" if size else ""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
               TimeElapsedColumn())  # fmt: skip
    try:
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("reading", total=None)
            sides = [path and read(path, size) for path in (real, fake, train)]

            def tick(what: str, done: int, total: int) -> None:
                progress.update(task, description=what, completed=done, total=total)

            scores = score_samples(
                sides[0], sides[1], features, metrics, subsample, seed, sides[2], resized, tick
            )
    except ValueError as error:
        raise UsageError(str(error)) from None
    table = Table()
    for name in ("metric", "value", "floor", "sd"):
        table.add_column(name, justify="left" if name == "metric" else "right")
    for key, value in scores.metrics.items():
        sd = scores.floor_sds.get(key)
        table.add_row(
            key, number(value), number(scores.floors[key]), "" if sd is None else number(sd)
        )
    Console().print(table)
    for note in scores.notes:
        click.echo(note)
    if as_json:
        click.echo(json.dumps(scores.to_json()))
