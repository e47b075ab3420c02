"""Protocols of records: numbers are compared, ranked and drawn together under one alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ganbench.errors import UsageError
from ganbench.evaluate import Evaluator
from ganbench.store import Protocol, Record


def described(evaluator: Evaluator) -> dict[str, Protocol]:
    """Return every metric's protocol."""
    return {
        metric.name: Protocol(
            protocol_id=evaluator.protocol_id(metric),
            fields=evaluator.protocol(metric),
            quantities=evaluator.called(
                {
                    q.key: {"unit": q.unit, "higher_is_better": q.higher_is_better}
                    for q in metric.quantities
                }
            ),
        )
        for metric in evaluator.metrics
    }


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Return what differs between two protocols' fields: ``images_seen (64000, 128000)``."""
    keys = list(dict.fromkeys([*one, *other]))
    return [
        f"{key} ({one.get(key, 'none')}, {other.get(key, 'none')})"
        for key in keys
        if one.get(key) != other.get(key)
    ]


def refuse_mixed(named: Iterable[tuple[str, Mapping[str, Protocol]]]) -> None:
    """Check that every metric has one protocol in all of ``(name, protocols)``.

    Raises:
        UsageError: two differ; says in which fields.
    """
    first: dict[str, tuple[str, Protocol]] = {}
    for name, protocols in named:
        for metric, protocol in protocols.items():
            known, seen = first.setdefault(metric, (name, protocol))
            if seen.protocol_id != protocol.protocol_id:
                what = ", ".join(differing(seen.fields, protocol.fields))
                raise UsageError(
                    f"{metric} has different protocols in {known} and in {name}, which are not "
                    f"comparable: {what}; use another --out"
                )


def of_records(records: Iterable[Record]) -> list[tuple[str, Mapping[str, Protocol]]]:
    """Return ``(run id, protocols)`` of records."""
    return [(record.run_id, record.protocols) for record in records]
