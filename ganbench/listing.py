"""What ``ganbench list`` and ``ganbench info`` say of a registered thing."""

from __future__ import annotations

from typing import Any

from ganbench import registry


def summary(kind: str, item: Any) -> str:
    """Return one line."""
    if kind in ("variant", "modifier"):
        return f"{item.equation}   [{item.paper.authors} {item.paper.year}]"
    if kind == "metric":
        return ", ".join(q.key for q in item.quantities)
    return str(item.summary)


def name(kind: str, item: Any) -> str:
    """Return how it is written."""
    return str(item.usage if kind == "family" else item.name)


def _plain(value: Any) -> str:
    if isinstance(value, frozenset | tuple):
        return ", ".join(_plain(v) for v in sorted(value, key=str))
    return str(getattr(value, "key", value))


def details(kind: str, item: Any) -> list[tuple[str, str]]:
    """Return every field that has something to say, a variant's defaults and the source file."""
    lines = [
        (key, _plain(value))
        for key, value in vars(item).items()
        if key != "name" and not callable(value) and value not in (None, "", (), {}, frozenset())
    ]
    if kind == "variant":
        lines.append(("defaults", ", ".join(f"{k} {v:g}" for k, v in item.hyper().items())))
    return [*lines, ("source", registry.source(kind, item.name))]
