"""``ganbench compare``: who is better than whom, by how much, and how sure that is."""

from __future__ import annotations

from typing import Any

import click

from ganbench.cli import _common
from ganbench.cli._common import guarded


@click.command()
@click.argument("outs", nargs=-1, required=True, metavar="OUT [OUT2 ...]")
@click.option("--baseline", help="Compare all with this one; default: ns, or the first.")
@click.option("--metric", help="The quantity; default: the one that ranks.")
@click.option(
    "--at", default="g_steps", show_default=True, metavar="g_steps|images|seconds",
    help="What is equal for all.",
)  # fmt: skip
@click.option("--variants", multiple=True, help="Only these, separated by commas.")
@click.option("--pairs", is_flag=True, help="Compare every variant with every other one.")
@click.option("--dataset", help="Where there are several.")
@click.option("--to", multiple=True, metavar="FILE", help="Also write a .csv, .md or .tex file.")
@click.option("--json", "as_json", is_flag=True, help="The last line is one JSON object.")
@guarded
def compare(
    outs: tuple[str, ...],
    variants: tuple[str, ...],
    to: tuple[str, ...],
    as_json: bool,
    **options: Any,
) -> None:
    """Compare the variants of a run, or of several run directories that belong together."""
    import json

    from rich.table import Table

    from ganbench.reports import comparison_words as words
    from ganbench.reports.comparison import compare as compared

    names = [name.strip() for part in variants for name in part.split(",")]
    table = compared(outs, variants=names, **options)
    written = words.write(table, to)
    console = _common.console()
    if len(table) not in (1, 2):
        console.print(words.summary(table))
    if len(table) > 2:
        shown = Table()
        for name in words.HEADER:
            right = name in ("median", "difference", "P(better)", "p")
            shown.add_column(name, justify="right" if right else "left", no_wrap=True)
        for row in table.itertuples():
            shown.add_row(*words.cells(row), style="" if row.verdict == "better" else "dim")
        console.print(shown)
    else:
        for row in table.itertuples():
            console.print(words.sentence(row), soft_wrap=True)
    for path in written:
        console.print(str(path))
    if as_json:
        rows = json.loads(table.to_json(orient="records", double_precision=15))
        said = [words.sentence(row) for row in table.itertuples()]
        click.echo(json.dumps({"summary": words.summary(table), "rows": rows, "said": said}))
