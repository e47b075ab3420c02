"""``ganbench leaderboard``: published boards, and what may be in them."""

from __future__ import annotations

import sys

import click

from ganbench.cli._common import FAILED, guarded


@click.group()
def leaderboard() -> None:
    """Check, publish and build the boards of finished runs."""


@leaderboard.command()
@click.argument("results")
@click.option("--to", help="Folder of the boards; default: RESULTS/leaderboards.")
@guarded
def build(results: str, to: str | None) -> None:
    """Write a board for each data set from the run directories in RESULTS.

    What is wrong is left out, with the reason in quarantine.csv. Only what has 7 seeds is ranked.
    """
    from pathlib import Path

    from ganbench.reports.boards import build as built

    root = Path(results)
    made = built(root, Path(to) if to else root / "leaderboards")
    for name, board in made.boards.items():
        ranked = board[board["rank"].notna()]["variant"].nunique()
        runs = board["run"].nunique()
        click.echo(f"{name}: {runs} runs, {board['variant'].nunique()} names, {ranked} ranked")
    if len(made.quarantine):
        click.echo(f"left out: {len(made.quarantine)}, see quarantine.csv")
    for path in made.written:
        click.echo(str(path))


@leaderboard.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN [RUN2 ...]")
@guarded
def validate(runs: tuple[str, ...]) -> None:
    """Check run directories, or all in a folder: names, hashes, seeds, ranges, tables.

    Exit code 1 if anything but a warning was found.
    """
    from pathlib import Path

    from ganbench.reports.boards import run_folders
    from ganbench.reports.validate import check_run

    bad = 0
    for folder in (found for run in runs for found in run_folders(Path(run))):
        records, flaws = check_run(folder)
        wrong = sum(flaw.level != "warning" for flaw in flaws)
        bad += wrong
        click.echo(f"{folder}: {len(records)} records, " + (f"{wrong} wrong" if wrong else "fine"))
        for flaw in flaws:
            click.echo(f"  {flaw}")
    if bad:
        sys.exit(FAILED)


@leaderboard.command()
@click.argument("run")
@click.argument("target")
@guarded
def publish(run: str, target: str) -> None:
    """Copy the run directory RUN to TARGET: records compressed, with their hashes, no models."""
    from pathlib import Path

    from ganbench.reports.publish import publish as published

    written = published(Path(run), Path(target))
    size = sum(path.stat().st_size for path in written)
    click.echo(f"{target}: {len(written)} files, {size / 1e6:.1f} MB")
