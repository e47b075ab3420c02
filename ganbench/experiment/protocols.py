"""Protocols: only numbers of one protocol are compared, ranked and drawn together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Quantity
from ganbench.evaluation.evaluator import Evaluator
from ganbench.experiment.records import BUDGET, Protocol, QuantityInfo, Record, Training


def quantity_info(quantity: Quantity) -> QuantityInfo:
    """Return a quantity as records hold it."""
    return QuantityInfo(
        unit=quantity.unit,
        higher_is_better=quantity.higher_is_better,
        closest_to_floor=quantity.closest_to_floor,
        worst=quantity.worst,
        label=quantity.label,
        headline=quantity.headline,
        role=quantity.role,
    )


def describe_protocols(evaluator: Evaluator) -> dict[str, Protocol]:
    """Return every metric's protocol."""
    return {
        metric.name: Protocol(
            protocol_id=evaluator.protocol_id(metric),
            fields=evaluator.protocol(metric),
            quantities={
                key: quantity_info(quantity)
                for key, quantity in evaluator.quantities(metric).items()
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

    Of different budgets the budget alone may differ: tables are of one.

    Raises:
        UsageError: two differ; says in which fields.
    """
    known: dict[tuple[str, ...], tuple[str, Mapping[str, Any]]] = {}
    for entry in entries:
        training = entry.training
        amount = " ".join(map(str, training.amount))
        parts: dict[tuple[str, ...], Mapping[str, Any]] = {
            (metric,): {k: v for k, v in protocol.fields.items() if k != "budget"}
            for metric, protocol in entry.protocols.items()
        }
        parts[training.variant, entry.arch] = training.model_dump(
            exclude={"data_dir", "by_seed", *BUDGET}
        )
        parts[training.variant, entry.arch, amount] = training.model_dump(include=BUDGET)
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


def of_one_budget(
    records: list[Record], dataset: str, amount: tuple[str, int] | None = None
) -> list[Record]:
    """Return the ``records`` of one budget for each data set: of ``dataset`` that with ``amount``.

    Otherwise it is the one with the most records, and of several the largest.
    """
    counts: dict[str, Counter[tuple[int, tuple[str, int]]]] = {}
    for record in records:
        own = record.training
        if own.dataset != dataset or amount in (None, own.amount):
            counts.setdefault(own.dataset, Counter())[own.budget, own.amount] += 1
    shown = {
        name: max(found, key=lambda key: (found[key], key))[1] for name, found in counts.items()
    }
    return [r for r in records if r.training.amount == shown.get(r.training.dataset)]
