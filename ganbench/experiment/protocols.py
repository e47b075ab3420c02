"""Protocols: only numbers of one protocol are compared, ranked and drawn together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ganbench.core.errors import UsageError
from ganbench.evaluation.evaluator import Evaluator
from ganbench.experiment.records import Protocol, QuantityInfo, Record, Training


def describe_protocols(evaluator: Evaluator) -> dict[str, Protocol]:
    """Return every metric's protocol."""
    return {
        metric.name: Protocol(
            protocol_id=evaluator.protocol_id(metric),
            fields=evaluator.protocol(metric),
            quantities={
                key: QuantityInfo(
                    unit=q.unit,
                    higher_is_better=q.higher_is_better,
                    closest_to_floor=q.closest_to_floor,
                    worst=q.worst,
                    label=q.label,
                    headline=q.headline,
                    role=q.role,
                )
                for key, q in evaluator.quantities(metric).items()
            },
        )
        for metric in evaluator.metrics
    }


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Return the fields in which two protocols differ: ``images_seen (64000, 128000)``."""
    keys = list(dict.fromkeys([*one, *other]))
    return [
        f"{key} ({one.get(key, 'none')}, {other.get(key, 'none')})"
        for key in keys
        if one.get(key) != other.get(key)
    ]


class Entry(NamedTuple):
    """One training and its protocols, with its name in error messages."""

    name: str
    arch: str
    training: Training
    protocols: Mapping[str, Protocol]


def refuse_mixed(entries: Iterable[Entry]) -> None:
    """Check that every metric has one protocol, and every variant on an arch one training.

    Raises:
        UsageError: two differ; says in which fields.
    """
    known: dict[tuple[str, ...], tuple[str, Mapping[str, Any]]] = {}
    for entry in entries:
        parts: dict[tuple[str, ...], Mapping[str, Any]] = {
            (metric,): protocol.fields for metric, protocol in entry.protocols.items()
        }
        parts[entry.training.variant, entry.arch] = entry.training.model_dump(exclude={"data_dir"})
        for key, fields in parts.items():
            where, first = known.setdefault(key, (entry.name, fields))
            if first != fields:
                raise UsageError(
                    f"{' on '.join(key)} differs between {where} and {entry.name}, which are not "
                    f"comparable: {', '.join(differing(first, fields))}; use another --out"
                )


def entries(records: Iterable[Record]) -> list[Entry]:
    """Return the entries of records."""
    return [Entry(r.run_id, r.arch, r.training, r.protocols) for r in records]
