"""What is wrong with the records of a run: before they are published, and after.

Every flaw names what it is about: one record, all of a variant, or the whole run. Published tables
leave out what has an error. A table that does not agree with the records is to be made again.
Warnings are worth a look and leave nothing out.
"""

from __future__ import annotations

import io
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from ganbench.core import registry
from ganbench.core.cache import digest
from ganbench.core.errors import UsageError
from ganbench.experiment.manifest import NAME as MANIFEST
from ganbench.experiment.manifest import changed, record_sha256
from ganbench.experiment.protocols import entries, of_one_budget, refuse_mixed
from ganbench.experiment.records import Record
from ganbench.experiment.store import Store
from ganbench.reports import leaderboard
from ganbench.reports.results import results
from ganbench.reports.row_checks import flawed_variants

OUTLIER = 20.0  # times the median deviation of a variant's logarithms, from which a seed is named
MANY = 7  # seeds, from which on one can be called far from the others


class Flaw(NamedTuple):
    """What is wrong; empty ``run_id`` and ``variant`` mean all of the run."""

    reason: str
    variant: str = ""
    run_id: str = ""
    level: Literal["error", "table", "warning"] = "error"

    def __str__(self) -> str:
        where = self.run_id or self.variant
        return f"{self.level}: {where + ': ' if where else ''}{self.reason}"


def check_run(out: Path) -> tuple[list[Record], list[Flaw]]:
    """Return the records of a run directory without their curves, and all flaws.

    Raises:
        UsageError: there are no records, or one cannot be read.
    """
    store = Store(out)
    hashes: dict[str, str] = {}

    def note(record: Record) -> None:
        if (out / MANIFEST).exists():
            hashes[record.run_id] = record_sha256(record)

    every = store.records(curves=False, visit=note)
    if not every:
        raise UsageError(f"there are no records of a run in {out}")
    plan = _plan(out)
    records, more = _shown(every, plan), store.more()
    table, known = results(records, more), leaderboard.quantities(records, more)
    spreads = {key: sd for found in more for key, sd in found.floor_sds.items()}
    spreads |= {key: sd for record in records for key, sd in record.floor_sds.items()}
    flaws = [flaw for record in every for flaw in of_record(record)]
    flaws += [Flaw(reason, run_id=run_id) for run_id, reason in changed(out, hashes)]
    rows = flawed_variants(table, known, spreads)
    flaws += [Flaw(row.reason, row.variant, row.run_id) for row in rows.itertuples()]
    flaws += [*seeds_left_out(records, plan), *outliers(records)]
    try:
        refuse_mixed(entries(records))
    except UsageError as error:
        flaws.append(Flaw(str(error).removesuffix("; use another --out")))
    if not any(flaw.level == "error" for flaw in flaws):  # else they are to be made again anyway
        board = leaderboard.leaderboard(table, known)
        flaws += other_tables(out, {"results": table, "leaderboard": board})
    return every, flaws


def _plan(out: Path) -> dict[str, Any]:
    """Return the content of ``plan.json``; empty where there is none."""
    try:
        plan = json.loads((out / "plan.json").read_bytes())
        if isinstance(plan, dict) and isinstance(plan["trainings"], list):
            return plan
        raise ValueError("no plan")
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError) as error:
        raise UsageError(f"{out / 'plan.json'} is damaged ({error!r})") from None


def _shown(records: list[Record], plan: Mapping[str, Any]) -> list[Record]:
    """Return the records of the budget that the tables show: the plan's, or that of most."""
    first: dict[str, Any] = next(iter(plan.get("trainings", ())), {})
    amount = (first["budget_unit"], first["budget"]) if "budget" in first else None
    dataset = plan.get("dataset", records[0].training.dataset)
    return of_one_budget(records, dataset, amount)


def of_record(record: Record) -> Iterator[Flaw]:
    """Yield what is wrong with one record by itself that no row of a table tells."""
    training = record.training
    if record.run_id != training.run_id(record.seed):
        expected = training.run_id(record.seed)
        yield Flaw(f"its training and seed are those of {expected}", run_id=record.run_id)
    for metric, protocol in record.protocols.items():
        if protocol.protocol_id != digest(protocol.fields)[:12]:
            reason = f"protocol of {metric}: {protocol.protocol_id} is not its hash"
            yield Flaw(reason, run_id=record.run_id)
        if protocol.fields.get("dataset_sha256", training.dataset_sha256) != (
            training.dataset_sha256
        ):
            yield Flaw(f"{metric} was measured on other data", run_id=record.run_id)
    measured = {key for measurement in record.measurements for key in measurement.values}
    for key in sorted(measured - record.quantities.keys()):
        yield Flaw(f"{key} belongs to no protocol", run_id=record.run_id)
    for reason in (*_directions(record), *_length(record)):
        yield Flaw(reason, run_id=record.run_id)
    if record.git_dirty:
        reason = "made by code that was not committed"
        yield Flaw(reason, run_id=record.run_id, level="warning")


def _directions(record: Record) -> Iterator[str]:
    """Yield the quantities whose direction is not that of the registered metric."""
    known = {m.name: {q.key: q for q in m.quantities} for m in registry.metrics.items()}
    for metric, protocol in record.protocols.items():
        for key, info in protocol.quantities.items():
            entry = known.get(metric, {}).get(key)
            if entry is not None and entry.target != info.target:
                yield f"{key} is best {info.target}, and should be {entry.target}"


def _length(record: Record) -> Iterator[str]:
    """Yield whether a finished training has not come to its end."""
    if record.status == "ok" and not record.training.control:
        steps = record.measurements[-1].g_steps if record.measurements else 0
        if steps != record.training.steps:
            yield f"is called finished after {steps} of {record.training.steps} updates"
    if record.status == "failed":
        yield "its unit broke down: the same command trains it again"


def seeds_left_out(records: Sequence[Record], plan: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield the variants of which the plan declares seeds that have no record."""
    seeds: dict[str, set[int]] = defaultdict(set)
    for record in records:
        seeds[record.training.variant].add(record.seed)
    for training in plan.get("trainings", ()):
        name = training["variant"]
        declared = {*plan["seeds"], *plan.get("more_seeds", {}).get(name, ())}
        missing = sorted(declared - seeds[name])
        if missing:
            listed = ", ".join(map(str, missing[:5])) + (" ..." if len(missing) > 5 else "")
            reason = f"is in plan.json with seeds that have no record: {listed}"
            yield Flaw(reason, variant=name)


def outliers(records: Iterable[Record]) -> Iterator[Flaw]:
    """Yield, as warnings, seeds whose last value lies far from those of their variant."""
    groups: dict[tuple[str, str], list[tuple[str, float]]] = defaultdict(list)
    for record in records:
        values = record.measurements[-1].values if record.measurements else {}
        last = values.get(record.primary, math.nan)
        if record.status == "ok" and not record.training.control and 0 < last < math.inf:
            of_variant = groups[record.training.variant, record.arch]
            of_variant.append((record.run_id, math.log(last)))
    for own in groups.values():
        logs = np.array([value for _, value in own])
        off = np.abs(logs - np.median(logs))
        spread = float(np.median(off))
        for (run_id, value), distance in zip(own, off, strict=True):
            if len(own) >= MANY and spread > 0 and distance > OUTLIER * spread:
                reason = f"its last value {math.exp(value):.3g} is far from its variant's others"
                yield Flaw(reason, run_id=run_id, level="warning")


def other_tables(out: Path, made: Mapping[str, pd.DataFrame]) -> Iterator[Flaw]:
    """Yield the tables of a run directory that are not what its records give."""
    for name, frame in made.items():
        path = next((p for p in (out / f"{name}.csv", out / f"{name}.csv.xz") if p.exists()), None)
        if path is None:
            continue
        try:
            shown = leaderboard.read(path)
        except (ValueError, OSError, EOFError) as error:
            yield Flaw(f"{path.name} is damaged ({error})", level="table")
            continue
        difference = _first_difference(frame, shown)
        if difference:
            reason = f"{path.name} is not what the records give: {difference}"
            yield Flaw(reason, level="table")


def _first_difference(made: pd.DataFrame, shown: pd.DataFrame) -> str:
    """Return where two tables differ first, or an empty string."""
    made = leaderboard.read(io.StringIO(made.to_csv(index=False)))  # as a file has it
    if list(made) != list(shown):
        return f"its columns are {', '.join(map(str, shown))[:80]}"
    if len(made) != len(shown):
        return f"{len(shown)} rows, and not {len(made)}"
    for column in made:
        one, other = made[column], shown[column]
        same = (one == other) | (one.isna() & other.isna())
        if not same.all():
            row = int(np.flatnonzero(~same.to_numpy())[0])
            return f"{column} of row {row + 1} is {other.iloc[row]}, and not {one.iloc[row]}"
    return ""
