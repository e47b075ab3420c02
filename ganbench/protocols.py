"""Protocols: numbers are compared, ranked and drawn together under one alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ganbench.errors import UsageError
from ganbench.evaluate import Evaluator
from ganbench.store import Protocol, Record, Training


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


Named = tuple[str, Training, Mapping[str, Protocol]]  # what it is called in an error


def refuse_mixed(entries: Iterable[Named]) -> None:
    """Check that every metric has one protocol, and every variant on an arch one training.

    Raises:
        UsageError: two differ; says in which fields.
    """
    known: dict[tuple[str, ...], tuple[str, Mapping[str, Any]]] = {}
    for name, training, protocols in entries:
        parts: dict[tuple[str, ...], Mapping[str, Any]] = {
            (metric,): protocol.fields for metric, protocol in protocols.items()
        }
        parts[training.variant, training.label] = training.model_dump(exclude={"data_dir"})
        for key, fields in parts.items():
            where, seen = known.setdefault(key, (name, fields))
            if seen != fields:
                raise UsageError(
                    f"{' on '.join(key)} differs between {where} and {name}, which are not "
                    f"comparable: {', '.join(differing(seen, fields))}; use another --out"
                )


def of_records(records: Iterable[Record]) -> list[Named]:
    """Return the entries of records."""
    return [(record.run_id, record.training, record.protocols) for record in records]
