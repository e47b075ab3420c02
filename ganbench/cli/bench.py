"""``ganbench bench``: the time of a step on this machine."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import click

from ganbench.cli import _common
from ganbench.cli._common import guarded
from ganbench.cli._group import Number
from ganbench.core.limits import MOST_ROUNDS, MOST_SAMPLES
from ganbench.core.ranges import whole

LISTED = whole(1, MOST_SAMPLES)  # lanes and batch sizes


def _words(text: str | None) -> list[str]:
    return [word.strip() for word in (text or "").split(",") if word.strip()]


def _numbers(flag: str, text: str | None) -> list[int]:
    return [LISTED.parse(flag, word) for word in _words(text)]


@click.command()
@click.option("--quick", is_flag=True, help="A few cases in short rounds.")
@click.option("--variants", help="Of ns, wgan-gp.")
@click.option("--archs", help="Of dcgan, mlp-classic, toy, also as NAME:key=value.")
@click.option("--backends", help="Names; default: all; with --quick, those soon ready.")
@click.option("--lanes", help="Numbers of trainings at once; default: the arch's.")
@click.option("--batch-size", help="Numbers; default: the arch's.")
@click.option(
    "--rounds", type=Number(whole(7, MOST_ROUNDS)), default=7, show_default=True, help="At least 7."
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option("--out", help="Folder of the CSV file and pictures; default: runs/bench-HARDWARE.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object as the last line.")
@guarded
def bench(
    quick: bool,
    variants: str | None,
    archs: str | None,
    backends: str | None,
    lanes: str | None,
    batch_size: str | None,
    rounds: int,
    device: str,
    out: str | None,
    as_json: bool,
) -> None:
    """Measure the time of a training step on this machine.

    Every backend stands beside two ordinary loops, as in tutorials and as fast as they get, which
    are timed in the same process, round by round, on one thread. L lanes stand beside L loops. On a
    CPU the process's own seconds count, on CUDA the clock's. The lists take names and numbers
    separated by commas.
    """
    counts, batches = _numbers("--lanes", lanes), _numbers("--batch-size", batch_size)

    from ganbench.bench import cases, run, tables
    from ganbench.core import registry
    from ganbench.experiment.request import choose_device

    grids = cases.QUICK if quick else cases.FULL
    chosen = cases.make_cases(grids, _words(variants), _words(archs), counts, batches)
    names = [registry.backends.get(name).name for name in _words(backends)]
    device = choose_device(device)
    names = names or cases.backends_for(device, quick)
    folder = Path(out) if out else run.default_folder(device)
    run.prepare_folder(folder)
    with _common.console(stderr=True).status("") as status:
        round_s = 0.1 if quick else 0.5
        keep = partial(run.write_table, out=folder)
        found = run.bench(chosen, names, device, rounds, round_s, status.update, keep)
    console = _common.console()
    console.print(tables.terminal_table(found.table))
    peak = found.table["peak_flops"].iloc[0]
    console.print(f"peak: {peak / 1e9:.0f} GFLOP/s in float32")
    for case, backend, reason in found.unusable:
        console.print(f"{case}: {backend} was not measured: {reason}")
    for path in run.write(found.table, folder):
        console.print(str(path))
    if as_json:
        click.echo(
            json.dumps({"out": str(folder), **json.loads(found.table.to_json(orient="split"))})
        )
