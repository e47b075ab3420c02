"""Merging run directories, of machines that share no disk: the same training may be in several.

What two machines made of one training must be the same, but for times and what the machines are.
Where it is not, nothing is merged, and the difference is named: then one of them is wrong, or both
are of a device whose sums depend on it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ganbench.core.errors import UsageError
from ganbench.core.files import write_bytes
from ganbench.core.seals import unsealed_json
from ganbench.core.whole_files import file_bytes
from ganbench.experiment.measured_later import MeasuredLater
from ganbench.experiment.packed import ENDING, read_packed
from ganbench.experiment.protocols import entries, refuse_mixed
from ganbench.experiment.record_files import as_file, parse_record
from ganbench.experiment.records import Measurement, Record
from ganbench.experiment.store import Store
from ganbench.experiment.stored_records import misplaced

# What two machines may say differently of the same training.
OF_THE_MACHINE = {
    "schema_version", "peak_mem_bytes", "device", "hardware", "threads", "engine", "backend",
    "fell_back", "torch_version", "ganbench_version", "git_sha", "git_dirty", "started_at",
}  # fmt: skip
TIMES = {"train_s", "train_cpu_s", "eval_s", "load"}
ALSO_LATER = {*MeasuredLater.model_fields, "eval_s"} - {"run_id", "metric", "model_sha256"}
BELONGING = (  # to a record, by its name
    "models/{}.safetensors", "samples/{}.npy", "films/{}.npz",
    "measured/{}-*.json", "measured/draws/{}-*.json", "tasks/*/{}-*.npy",
)  # fmt: skip
OF_ALL = ("tasks/*/baselines/*", "recipe.json", "units/*.json")
NAMED = 5  # differences, in a message
OLDER: dict[str, Any] = {  # what plans of older versions do not say
    "trainings": [], "seeds": [], "more_seeds": {}, "skipped": {}, "controls": [],
}  # fmt: skip


class Found(NamedTuple):
    """A record in one of the directories.

    Attributes:
        path: its file, or the packed one that it is in.
        record: without its curves. result: hash of what the training came to.
    """

    source: Store
    path: Path
    record: Record
    result: str

    @property
    def ended(self) -> bool:
        """Whether it is a result; a failure is none."""
        return self.record.status in ("ok", "diverged")


class Merged(NamedTuple):
    """What came together: trainings, those that were new in the target, and what was left out."""

    trainings: int
    new: int
    said: list[str]


def result_of(record: Record) -> dict[str, Any]:
    """Return what a training came to, without times and what the machine is."""
    content = record.model_dump(exclude={*OF_THE_MACHINE, "measurements", "traceback"})
    own = set(Measurement.model_fields) - TIMES
    return content | {"measurements": [m.model_dump(include=own) for m in record.measurements]}


def _hash(result: dict[str, Any]) -> str:
    """Return a digest of a result, whose numbers need not be finite."""
    return hashlib.sha256(json.dumps(result, sort_keys=True).encode()).hexdigest()


def differences(one: Any, other: Any, where: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield the places at which two results differ, with both values."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in sorted({*one, *other}, key=str):
            place = f"{where}.{key}" if where else str(key)
            yield from differences(one.get(key), other.get(key), place)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for i, pair in enumerate(zip(one, other, strict=True)):
            yield from differences(*pair, f"{where}[{i}]")
    elif one != other and not (one != one and other != other):  # NaN is NaN
        yield where, one, other


def records_in(store: Store, said: list[str]) -> Iterator[tuple[Path, Record]]:
    """Yield the records of a directory; those that are damaged or misplaced are ``said``."""
    folder = store.out / "records"
    for path in sorted(folder.glob(f"*{ENDING}")):
        yield from ((path, record) for record in read_packed(path))
    for path in sorted(folder.glob("*.json")):
        if reason := misplaced(path):
            said.append(f"{reason}: left out")
            continue
        yield path, parse_record(file_bytes(path), str(path))


def merge(sources: Sequence[Path], to: Path) -> Merged:
    """Copy the results of ``sources`` into the run directory ``to``, which may have some already.

    Raises:
        UsageError: no run directory, one that a run uses, or results that contradict each other.
    """
    target, said = Store(to), []  # type: ignore[var-annotated]
    for out in sources:
        if not (out / "records").is_dir():
            raise UsageError(f"{out} has no records: not a run directory")
    target.prepare()
    with contextlib.ExitStack() as held:
        held.enter_context(target.alone())
        stores = [target, *(Store(out) for out in sources if out.resolve() != to.resolve())]
        for store in stores:
            if busy := store.at_work():
                raise UsageError(f"{store.out} is in use ({len(busy)} units at work): wait")
        chosen, agreeing = _chosen(stores, said)
        _check_comparable(chosen.values())
        more, plan = _later(stores, agreeing), _plan_of_all(stores)
        new = 0
        for run_id, found in chosen.items():
            if found.source is not target:
                write_bytes(target.record_path(run_id), _content(found, run_id))
                new += 1
        for store, pattern in ((s, p) for s in stores[1:] for p in OF_ALL):
            more += [(store, path) for path in sorted(store.out.glob(pattern))]
        for store, path in more:
            copy = to / path.relative_to(store.out)
            if not copy.exists():
                write_bytes(copy, file_bytes(path))
        if plan:
            target.write_plan(plan)
    return Merged(len(chosen), new, said)


def _chosen(
    stores: Sequence[Store], said: list[str]
) -> tuple[dict[str, Found], dict[str, list[Store]]]:
    """Return a record for each training, one that ended if there is one, and who agrees with it.

    Raises:
        UsageError: two that ended differ.
    """
    chosen: dict[str, Found] = {}
    agreeing: dict[str, list[Store]] = {}
    conflicts: list[str] = []
    for store in stores:
        for path, record in records_in(store, said):
            light = record.model_copy(update={"history": {}})
            found = Found(store, path, light, _hash(result_of(record)))
            first = chosen.get(record.run_id)
            if first is None or (found.ended and not first.ended):
                chosen[record.run_id], agreeing[record.run_id] = found, [store]
            elif found.ended and found.result != first.result:
                conflicts.append(_conflict(first, store, record))
            elif found.ended:
                agreeing[record.run_id].append(store)
    _refuse(conflicts)
    return chosen, agreeing


def _check_comparable(found: Iterable[Found]) -> None:
    """Raise ``UsageError`` where tables of all would mix protocols."""
    datasets: dict[str, list[Record]] = {}
    for one in found:
        datasets.setdefault(one.record.training.dataset, []).append(one.record)
    for records in datasets.values():
        refuse_mixed(entries(records))


def _conflict(first: Found, store: Store, record: Record) -> str:
    known = parse_record(_content(first, record.run_id), str(first.path))
    found = differences(result_of(known), result_of(record))
    where, one, other = min(found, key=lambda place: place[0] != "lanes")  # sums depend on them
    return f"{record.run_id}: {where} is {one} in {first.source.out} and {other} in {store.out}"


def _refuse(conflicts: list[str]) -> None:
    if conflicts:
        more = f" (and {len(conflicts) - NAMED} more)" if len(conflicts) > NAMED else ""
        raise UsageError(f"not merged: {'; '.join(conflicts[:NAMED])}{more}")


def _content(found: Found, run_id: str) -> bytes:
    """Return the content of the file of a record."""
    if found.path.suffix == ".json":
        return file_bytes(found.path)
    packed = next((r for r in read_packed(found.path) if r.run_id == run_id), None)
    return as_file(packed) if packed else file_bytes(found.source.record_path(run_id))  # unpacked


def _later(
    stores: Sequence[Store], agreeing: Mapping[str, list[Store]]
) -> list[tuple[Store, Path]]:
    """Return the files that belong to the records, in the directories that agree with them.

    Raises:
        UsageError: two of the same name have other values.
    """
    first: dict[str, tuple[Store, Path]] = {}
    conflicts = []
    for store in stores:
        own = {run_id for run_id, those in agreeing.items() if store in those}
        for path in _belonging(store, own):
            name = str(path.relative_to(store.out))
            known = first.setdefault(name, (store, path))
            if known[0] is not store and path.suffix == ".json":
                one, other = (_values(file) for file in (known[1], path))
                for where, a, b in list(differences(one, other))[:1]:
                    conflicts.append(
                        f"{name}: {where} is {a} in {known[0].out} and {b} in {store.out}"
                    )
    _refuse(conflicts)
    return [(store, path) for store, path in first.values() if store is not stores[0]]


def _belonging(store: Store, run_ids: set[str]) -> Iterator[Path]:
    """Yield the files that belong to these records."""
    for pattern in BELONGING:
        for path in sorted(store.out.glob(pattern.format("*"))):
            parts = path.stem.rsplit("-", 1)
            if path.stem in run_ids or (pattern.count("*") and parts[0] in run_ids):
                yield path


def _values(path: Path) -> dict[str, Any]:
    content = json.loads(unsealed_json(path.read_bytes(), str(path)))
    return {key: value for key, value in content.items() if key not in ALSO_LATER}


def _plan_of_all(stores: Iterable[Store]) -> dict[str, Any] | None:
    """Return the plan of all: the first one, with the trainings and seeds of the others.

    None where no directory has one. Raises ``UsageError`` for a plan that is none.
    """
    whole: dict[str, Any] | None = None
    for store in stores:
        plan = store.plan()
        if plan and (whole is None or plan.get("dataset") == whole.get("dataset")):
            try:
                whole = joined(OLDER | whole, OLDER | plan) if whole else plan
            except (KeyError, TypeError, AttributeError) as error:
                raise UsageError(f"{store.out / 'plan.json'} is no plan: {error!r}") from None
    return whole


def joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return the plan with the trainings, controls and seeds of both."""
    seeds: dict[str, list[int]] = {}
    trainings: list[dict[str, Any]] = []
    for plan in (one, other):
        for training in plan["trainings"]:
            name = training["variant"]
            planned = plan["more_seeds"].get(name, plan["seeds"])
            seeds[name] = sorted({*seeds.get(name, ()), *planned})
            trainings += [] if training in trainings else [training]
    usual = sorted({*one["seeds"], *other["seeds"]})
    more = {name: own for name, own in seeds.items() if own != usual}
    names = {training["variant"] for training in trainings}
    skipped = {k: v for k, v in (other["skipped"] | one["skipped"]).items() if k not in names}
    controls = list(dict.fromkeys([*one["controls"], *other["controls"]]))
    common = one.get("common") or other.get("common")
    given = {"trainings": trainings, "seeds": usual, "more_seeds": more, "skipped": skipped}
    return one | given | {"controls": controls} | ({"common": common} if "common" in one else {})
