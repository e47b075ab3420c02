"""The records of several run directories, as of machines that shared a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ganbench.core.errors import UsageError, unknown
from ganbench.experiment.more_measured import MoreMeasured
from ganbench.experiment.protocols import differing, entries, of_one_budget, refuse_mixed
from ganbench.experiment.records import Record
from ganbench.experiment.store import Store


def merged(
    outs: Sequence[str | Path], dataset: str | None = None, curves: bool = False
) -> tuple[list[Record], list[MoreMeasured]]:
    """Return the records of one data set and budget in all ``outs``, and what was measured later.

    The same seed may lie in several, if all its values are equal.

    Args:
        dataset: where there are several.
        curves: with ``Record.history``.

    Raises:
        UsageError: a directory holds no such records, two have other values of one seed, other
            budgets or other protocols.
    """
    records: dict[str, tuple[str, Record]] = {}
    more: dict[tuple[str, str], tuple[str, MoreMeasured]] = {}
    budgets: dict[tuple[str, int], str] = {}
    for out in map(str, outs):
        store = Store(Path(out))
        found = _of_dataset(store.records(curves=curves), dataset, out)
        dataset = found[0].training.dataset
        budgets.setdefault(found[0].training.amount, out)
        for record in found:
            where, first = records.setdefault(record.run_id, (out, record))
            _refuse_conflict(record.run_id, where, out, _told(first), _told(record))
        for measured in store.more():
            key = measured.run_id, measured.protocol.protocol_id
            where, known = more.setdefault(key, (out, measured))
            _refuse_conflict(measured.run_id, where, out, known.values, measured.values)
    if len(budgets) > 1:
        said = ", ".join(f"{n:,} {unit} in {out}" for (unit, n), out in budgets.items())
        raise UsageError(f"these directories have other budgets, not comparable: {said}")
    chosen = [record for _, record in records.values()]
    refuse_mixed(entries(chosen))
    return chosen, [found for _, found in more.values() if found.run_id in records]


def _of_dataset(records: list[Record], dataset: str | None, out: str) -> list[Record]:
    """Return the ``records`` of one data set, of the budget that most of them have."""
    names = list(dict.fromkeys(r.training.dataset for r in records))
    if not names:
        raise UsageError(f"there are no records of a run in {out}")
    if dataset is None and len(names) > 1:
        raise UsageError(f"there are several data sets in {out}: choose one of {', '.join(names)}")
    chosen = dataset or names[0]
    if chosen not in names:
        raise unknown(f"data set in {out}:", chosen, names)
    return [r for r in of_one_budget(records, chosen) if r.training.dataset == chosen]


def _told(record: Record) -> dict[str, Any]:
    """Return what two records of one seed must have in common."""
    told: dict[str, Any] = {"status": record.status, "diverged_at": record.diverged_at}
    for measurement in record.measurements:
        at = f"at {measurement.g_steps} updates"
        told |= {f"{key} {at}": value for key, value in measurement.values.items()}
    return told


def _refuse_conflict(
    run_id: str, where: str, other: str, one: dict[str, Any], two: dict[str, Any]
) -> None:
    if where != other and one != two:
        raise UsageError(
            f"{run_id} is not the same in {where} and {other}: {', '.join(differing(one, two)[:3])}"
        )
