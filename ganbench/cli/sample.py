"""``ganbench sample``: samples of a trained generator."""

from __future__ import annotations

from functools import partial

import click

from ganbench.cli._common import guarded
from ganbench.cli._group import SAMPLES, SEED, Number
from ganbench.core.ranges import Range, whole

TRUNCATION = Range(0, 100, above=True)  # standard deviations
STEPS = whole(2, 10_000)  # from a latent to the next


@click.command()
@click.argument("out")
@click.option("--variant", required=True, help="Of the run in OUT.")
@click.option("--seed", type=SEED, default=0, show_default=True, help="Which of its trainings.")
@click.option("-n", "n", type=SAMPLES, default=64, show_default=True, help="How many samples.")
@click.option(
    "--to", required=True, help="FILE.png, .npy, .npz, .csv (rows), or a folder of pictures."
)
@click.option("--label", type=SEED, help="The class of all, where the networks are conditional.")
@click.option(
    "--truncation", type=Number(TRUNCATION), help="Of normal latents, in standard deviations."
)
@click.option(
    "--interpolate", type=Number(STEPS), help="Steps between the latents of each two samples."
)
@click.option("--latent-seed", type=SEED, help="Decides the latents; default: those measured.")
@click.option("--data-dir", help="Where the data set's file is, whose columns FILE.csv has.")
@guarded
def sample(
    out: str,
    variant: str,
    seed: int,
    n: int,
    to: str,
    label: int | None,
    truncation: float | None,
    interpolate: int | None,
    latent_seed: int | None,
    data_dir: str | None,
) -> None:
    """Write samples of a generator that was trained by ``ganbench run`` into OUT."""
    from pathlib import Path

    from ganbench.experiment.kept_models import find, model_of, read
    from ganbench.experiment.sampled_tables import as_table
    from ganbench.reports.sample_files import check_target, write_samples

    target = Path(to)
    check_target(target)
    path = find(Path(out), variant, seed)
    described, tensors = read(path)
    model = model_of(path, described, tensors)
    samples = model.sample(n, latent_seed, label, truncation, interpolate)
    rows = partial(as_table, described["training"], data_dir)
    write_samples(target, samples, interpolate or 8, rows)
    click.echo(str(target))
