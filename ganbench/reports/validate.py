"""What is wrong with the records of a run: before they are published, and after.

Every flaw names what it is about: one record, all of a variant, or the whole run. Published tables
leave out what has an error. A table that does not agree with the records is to be made again.
Warnings are worth a look and leave nothing out.
"""

from __future__ import annotations

import io
import itertools
import json
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from ganbench.core import registry
from ganbench.core.cache import digest
from ganbench.core.errors import UsageError
from ganbench.experiment.manifest import changed
from ganbench.experiment.protocols import entries, refuse_mixed
from ganbench.experiment.records import Record
from ganbench.experiment.store import Store
from ganbench.reports import leaderboard
from ganbench.reports.results import results

NAME = re.compile(r"(control:)?[a-z0-9][a-z0-9_.+-]{0,127}")  # and nothing a table program executes
ARCH = re.compile(r"[a-z0-9][a-z0-9_.:=,+-]{0,255}")
DATASET = re.compile(r"[a-z0-9][a-z0-9_.:+-]{0,127}")
SPREADS = 5.0  # standard deviations of a floor's draws, by which a value may lie below it
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
    records = store.records(curves=False)
    if not records:
        raise UsageError(f"there are no records of a run in {out}")
    flaws = [flaw for record in records for flaw in of_record(record)]
    flaws += [Flaw(reason, run_id=run_id) for run_id, reason in changed(store)]
    flaws += [*seeds_left_out(records, out), *repeated(records), *outliers(records)]
    try:
        refuse_mixed(entries(records))
    except UsageError as error:
        flaws.append(Flaw(str(error).removesuffix("; use another --out")))
    if not any(flaw.level == "error" for flaw in flaws):  # else they are to be made again anyway
        flaws += other_tables(out, records)
    return records, flaws


def of_record(record: Record) -> Iterator[Flaw]:
    """Yield what is wrong with one record by itself."""
    training, name = record.training, record.training.variant
    for text, pattern in ((name, NAME), (record.arch, ARCH), (training.dataset, DATASET)):
        if not pattern.fullmatch(text):
            yield Flaw(f"name {text!r} does not match {pattern.pattern}", run_id=record.run_id)
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
    reasons = itertools.chain(_directions(record), _values(record), _length(record))
    yield from (Flaw(reason, run_id=record.run_id) for reason in reasons)
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


def _values(record: Record) -> Iterator[str]:
    """Yield the values that are impossible: not finite, out of range, below the floor."""
    quantities = record.quantities
    for measurement in record.measurements:
        for key, value in measurement.values.items():
            info, at = quantities.get(key), f"at {measurement.g_steps} updates"
            if info is None:
                yield f"{key} {at} belongs to no protocol"
            elif not math.isfinite(value):
                yield f"{key} is {value} {at}"
            elif info.unit.startswith("share") and not 0 <= value <= 1:
                yield f"{key} is {value} {at}, and a share is 0 to 1"
            elif info.unit.endswith("distance") and not record.training.control:
                floor, sd = record.floors.get(key, -math.inf), record.floor_sds.get(key, math.inf)
                if value < floor - SPREADS * sd:
                    yield f"{key} is {value} {at}, below its floor {floor:.4g}"
            elif info.unit.endswith("distance") and value < -1e-9:
                yield f"{key} is {value} {at}, and a distance is not negative"


def _length(record: Record) -> Iterator[str]:
    """Yield whether a finished training has not come to its end."""
    if record.status == "ok" and not record.training.control:
        steps = record.measurements[-1].g_steps if record.measurements else 0
        if steps != record.training.steps:
            yield f"is called finished after {steps} of {record.training.steps} updates"
    if record.status == "failed":
        yield "its unit broke down: the same command trains it again"


def seeds_left_out(records: Sequence[Record], out: Path) -> Iterator[Flaw]:
    """Yield the variants that lack seeds: declared ones, or ones before others that are there."""
    declared = _declared(out)
    seeds: dict[tuple[str, str], set[int]] = defaultdict(set)
    for record in records:
        seeds[record.training.variant, record.arch].add(record.seed)
    for (variant, arch), present in seeds.items():
        wanted = set(range(max(present) + 1)) | declared.get(variant, set())
        missing = sorted(wanted - present)
        if missing:
            listed = ", ".join(map(str, missing[:5])) + (" ..." if len(missing) > 5 else "")
            reason = f"seeds without a record ({arch}): {listed}; all that were begun must be shown"
            yield Flaw(reason, variant=variant)
    for variant in declared.keys() - {name for name, _ in seeds}:
        yield Flaw("is in plan.json and has no record", variant=variant)


def _declared(out: Path) -> dict[str, set[int]]:
    """Return ``{variant: seeds}`` of ``plan.json``; empty where there is none."""
    try:
        plan = json.loads((out / "plan.json").read_bytes())
        more = plan.get("more_seeds", {})
        return {
            t["variant"]: {*plan["seeds"], *more.get(t["variant"], ())} for t in plan["trainings"]
        }
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{out / 'plan.json'} is damaged ({error})") from None


def repeated(records: Iterable[Record]) -> Iterator[Flaw]:
    """Yield records with the very values of another one: no two seeds have them all equal."""
    known: dict[tuple[object, ...], str] = {}
    for record in records:
        if record.training.control or not record.measurements:
            continue
        values = tuple(tuple(sorted(m.values.items())) for m in record.measurements)
        if all(float(v).is_integer() for of_one in values for _, v in of_one):
            continue  # counts, such as no mode of 8
        first = known.setdefault((record.arch, *values), record.run_id)
        if first != record.run_id:
            yield Flaw(f"has the values of {first}, digit for digit", run_id=record.run_id)


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


def other_tables(out: Path, records: Sequence[Record]) -> Iterator[Flaw]:
    """Yield the tables of a run directory that are not what its records give."""
    more = Store(out).more()
    table = results(records, more)
    made = {"results": table}
    if table["dataset"].nunique() == 1 and table["g_steps"].notna().any():
        made["leaderboard"] = leaderboard.leaderboard(table, leaderboard.quantities(records, more))
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
