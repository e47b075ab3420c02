"""``ganbench film``: how a generator learned, as an animation."""

from __future__ import annotations

import click

from ganbench.cli._common import guarded
from ganbench.cli._group import SEED, Number
from ganbench.core.ranges import Range

SECONDS = Range(0, 600, above=True)


@click.command()
@click.argument("out")
@click.option("--variant", required=True, help="Of the run in OUT, trained with --film.")
@click.option("--seed", type=SEED, default=0, show_default=True, help="Which of its trainings.")
@click.option("--to", help="FILE.png or FILE.gif; default: OUT/films/<variant>-s<seed>.png.")
@click.option(
    "--seconds", type=Number(SECONDS), default=6.0, show_default=True, help="Without the last."
)
@guarded
def film(out: str, variant: str, seed: int, to: str | None, seconds: float) -> None:
    """Write an animation of the samples that a training with --film kept in OUT."""
    from pathlib import Path

    from ganbench.experiment.store import Store
    from ganbench.reports.film_files import KINDS, kept_film, pictures, write_film
    from ganbench.reports.sample_files import check_target

    target = Path(to) if to else Path(out) / "films" / f"{variant}-s{seed}.png"
    check_target(target, KINDS)
    record, frames = kept_film(Store(Path(out)), variant, seed)
    write_film(target, pictures(record, frames), seconds)
    click.echo(str(target))
