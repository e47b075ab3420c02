"""``ganbench list`` and ``ganbench info``: what is registered."""

from __future__ import annotations

import json
import textwrap

import click

from ganbench import listing, registry
from ganbench.cli._common import guarded
from ganbench.errors import UsageError


@click.command(name="list")
@click.argument("kind", required=False)
@click.option("--markdown", is_flag=True, help="Variants alone: print the table of docs/zoo.md.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object as the last line.")
@guarded
def list_(kind: str | None, markdown: bool, as_json: bool) -> None:
    """List what is registered: variants, archs, datasets, families, features, metrics, suites."""
    plural = {k: f"{k}s" for k in registry.KINDS} | {"features": "features", "family": "families"}
    asked = {"family"} if kind in ("dataset", "datasets") else set()
    kinds = [k for k in registry.KINDS if kind in (None, k, plural[k]) or k in asked]
    if not kinds:
        raise UsageError(f"unknown kind {kind!r}; known: {', '.join(plural.values())}")
    if markdown:
        if kinds != ["variant"]:
            raise UsageError("--markdown goes with `ganbench list variants`")
        click.echo(listing.markdown(), nl=False)
        return
    for k in kinds:
        if kinds == ["variant"]:
            _zoo()
            continue
        click.echo(click.style(plural[k], bold=True))
        for item in registry.items(k):
            click.echo(f"  {listing.name(k, item):<20}{listing.summary(k, item)}")
    for plugin, trace in registry.broken_plugins().items():
        click.echo(f"plugin {plugin} failed to import:\n{trace}", err=True)
    if as_json:
        shown = {plural[k]: registry.names(k) for k in kinds}
        zoo = {"zoo": sum(listing.families().values(), [])} if "variant" in kinds else {}
        click.echo(json.dumps(shown | zoo))


def _zoo() -> None:
    """Print every variant with its equation, and the groups."""
    from ganbench.selection import groups

    click.echo(listing.zoo())
    for what, names in {
        "\nr, f: logits of real, generated samples; sp: softplus; s: sigmoid": [],
        "groups for --variants: ": ["all", *groups()],
        "compositions BASE+MODIFIER: ": registry.names("modifier"),
    }.items():
        click.echo(_fill(what + ", ".join(names)))


def _fill(text: str) -> str:
    return textwrap.fill(text, 80, break_on_hyphens=False, replace_whitespace=False)


@click.command()
@click.argument("name")
@guarded
def info(name: str) -> None:
    """Show everything about one registered NAME: paper, equation, defaults, source file."""
    found = [(kind, item) for kind in registry.KINDS
             if (item := registry.find(kind, name)) is not None]  # fmt: skip
    if not found:
        from ganbench.errors import unknown

        everything = [n for kind in registry.KINDS for n in registry.names(kind)]
        raise unknown("name", name, everything)
    for kind, item in found:
        click.echo(click.style(f"{kind} {item.name}", bold=True))
        for key, value in listing.details(kind, item):
            click.echo(f"  {key:<12} {value}")
        for paper in listing.papers(kind, item):
            click.echo(f"\n{listing.bibtex(paper)}")
