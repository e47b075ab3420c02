"""``ganbench report``: tables, plots and one page, from records alone."""

from __future__ import annotations

import click

from ganbench.cli._common import guarded


@click.command()
@click.argument("out")
@click.option("--dataset", help="Only this one of OUT; default: all, the last one run first.")
@click.option("--out", "to", metavar="FILE", help="The page; default: OUT/report.html.")
@click.option("--no-plots", is_flag=True, help="Leave plots/ and samples/ as they are.")
@guarded
def report(out: str, dataset: str | None, to: str | None, no_plots: bool) -> None:
    """Write the tables, the plots and report.html of the run directory OUT again.

    They are made of its records alone. The page is one file that makes no request.
    """
    from pathlib import Path

    from ganbench.reports.rebuild import rebuild

    built = rebuild(Path(out), dataset, Path(to) if to else None, pictures=not no_plots)
    for path in built.written:
        if path.suffix in (".csv", ".html"):
            click.echo(str(path))
