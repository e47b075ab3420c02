"""``ganbench list`` and ``ganbench info``: what is registered."""

from __future__ import annotations

import json
import textwrap

import click

from ganbench.cli import _listing
from ganbench.cli._common import guarded
from ganbench.core import registry
from ganbench.core.citations import bibtex, papers
from ganbench.core.errors import UsageError


@click.command(name="list")
@click.argument("kind", required=False)
@click.option(
    "--markdown", is_flag=True, help="Print docs/registry.md, or with KIND variants docs/zoo.md."
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object as the last line.")
@guarded
def list_(kind: str | None, markdown: bool, as_json: bool) -> None:
    """List what is registered.

    KIND is variants, modifiers, games, archs, datasets, features, metrics, presets, backends,
    engines or patterns; by default everything.
    """
    listed = [k for k in registry.KINDS.values() if kind in (k.kind, k.plural)]
    if kind is None:
        listed = [k for k in registry.KINDS.values() if k is not registry.patterns]
    if not listed:
        known = ", ".join(k.plural for k in registry.KINDS.values())
        raise UsageError(f"unknown kind {kind!r}; known: {known}")
    if markdown:
        if kind is not None and listed != [registry.variants]:
            raise UsageError("--markdown goes with `ganbench list` or `ganbench list variants`")
        page = _listing.registry_markdown() if kind is None else _listing.zoo_markdown()
        click.echo(page, nl=False)
        return
    for known_kind in listed:
        if listed == [registry.variants]:
            _print_zoo()
            continue
        click.echo(click.style(known_kind.plural, bold=True))
        items = [*known_kind.items(), *known_kind.patterns()]
        width = max((len(_listing.written(item)) for item in items), default=0) + 2
        for item in items:
            click.echo(f"  {_listing.written(item):<{width}}{_listing.summary(item)}")
    for plugin, trace in registry.broken_plugins().items():
        click.echo(f"plugin {plugin} failed to import:\n{trace}", err=True)
    if as_json:
        names = {k.plural: k.names() for k in listed}
        rows = sum(_listing.families().values(), []) if registry.variants in listed else []
        click.echo(json.dumps(names | ({"zoo": rows} if rows else {})))


def _print_zoo() -> None:
    """Print every variant with its equation, and the groups."""
    from ganbench.experiment.request import variant_groups

    click.echo(_listing.zoo())
    for text, names in {
        "\nr, f: logits of real, generated samples; sp: softplus; s: sigmoid": [],
        "groups for --variants: ": ["all", *variant_groups()],
        "compositions BASE+MODIFIER: ": registry.modifiers.names(),
    }.items():
        line = text + ", ".join(names)
        click.echo(textwrap.fill(line, 80, break_on_hyphens=False, replace_whitespace=False))


@click.command()
@click.argument("name")
@guarded
def info(name: str) -> None:
    """Show everything about NAME, which is registered or a quantity: paper, defaults, source."""
    items = [
        (known.kind, item)
        for known in registry.KINDS.values()
        if (item := known.find(name)) is not None
    ]
    named = {metric.name for kind, metric in items if kind == "metric"}
    items += [
        ("metric", metric)
        for metric in registry.metrics.items()
        if metric.name not in named and name in _listing.quantity_keys(metric)
    ]
    if not items:
        everything = [n for known in registry.KINDS.values() for n in known.names()]
        everything += [key for m in registry.metrics.items() for key in _listing.quantity_keys(m)]
        raise registry.unknown_name("name", name, everything)
    for kind, item in items:
        click.echo(click.style(f"{kind} {item.name}", bold=True))
        lines = _listing.details(kind, item)
        width = max(len(key) for key, _ in lines)
        for key, value in lines:
            click.echo(f"  {key:<{width}} {value}")
    entries = [bibtex(paper) for kind, item in items for paper in papers(kind, item)]
    for entry in dict.fromkeys(entries):
        click.echo(f"\n{entry}")
