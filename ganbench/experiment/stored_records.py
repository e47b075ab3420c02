"""The records of a run directory, whole files and packed ones, and those that do not belong there.

A file that is damaged, or is not the record that its name says, is never used: a run sets it aside
(``set_aside``), in ``OUT/set-aside`` beside the reason, and trains its seed again.
"""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from ganbench.core.errors import UsageError
from ganbench.core.files import left_over, write_bytes
from ganbench.core.seals import ENTRY, DamagedError, unsealed_json
from ganbench.experiment.packed import ENDING, read_packed
from ganbench.experiment.record_files import read_record
from ganbench.experiment.records import Protocol, Record

RUN_ID = re.compile(rb'^ "run_id": "([^"]+)"', re.MULTILINE)


def _shared(protocol: Protocol, known: dict[str, Protocol]) -> Protocol:
    """Return the equal protocol of a record that was read before: thousands share one object."""
    first = known.setdefault(protocol.protocol_id, protocol)
    return first if first == protocol else protocol


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))


def _packs(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{ENDING}"))


def every(folder: Path, curves: bool, visit: Callable[[Record], None]) -> list[Record]:
    """Return every record in ``folder`` once, sorted by file name.

    Packed ones are read first: those that a run unpacks meanwhile are files then.

    Args:
        curves: with ``Record.history``, which is half of it.
        visit: is called with each whole record.

    Raises:
        UsageError: a file is not a record.
    """
    known: dict[str, Protocol] = {}
    records: list[Record] = []

    def read() -> Iterator[Record]:
        for path in _packs(folder):
            yield from read_packed(path)
        packed = {record.run_id for record in records}
        yield from (read_record(path) for path in _files(folder) if path.stem not in packed)

    for record in read():
        visit(record)
        given = {"protocols": {k: _shared(p, known) for k, p in record.protocols.items()}}
        given |= {} if curves else {"history": {}}
        records.append(record.model_copy(update=given))
    return sorted(records, key=lambda record: f"{record.run_id}.json")


def some(folder: Path, run_ids: Collection[str]) -> dict[str, Record]:
    """Return these records by ``run_id``; without those not there. See ``every`` for the order."""
    packs = {f"{run_id.rsplit('-s', 1)[0]}{ENDING}" for run_id in run_ids}
    packed = (record for name in sorted(packs) for record in read_packed(folder / name))
    found = {record.run_id: record for record in packed if record.run_id in run_ids}
    paths = (folder / f"{run_id}.json" for run_id in run_ids if run_id not in found)
    return found | {path.stem: read_record(path) for path in paths if path.exists()}


def first(folder: Path) -> Record | None:
    """Return one record in ``folder``; None where there is none."""
    for path in _files(folder):
        return read_record(path)
    for path in _packs(folder):
        return next(read_packed(path), None)
    return None


def misplaced(path: Path) -> str:
    """Return why ``path`` is not the record that its name says; empty if it is."""
    if path.is_symlink() or not path.is_file():
        return f"{path} is no file of its own"
    try:
        content = path.read_bytes()
        if ENTRY.search(content):  # as it was written, so that its name is left to look at
            found = RUN_ID.search(unsealed_json(content, str(path)))
            run_id = found[1].decode() if found else ""
        else:
            record = read_record(path)
            run_id = record.run_id
            if record.status == "ok" and not record.measurements:
                return f"{path} holds no measurements"
    except (OSError, UsageError) as error:
        return str(error)
    return "" if run_id == path.stem else f"{path} holds the record {run_id}"


def _unreadable(path: Path) -> str:
    """Return why ``path`` is no JSON as it was written; empty if it is."""
    if path.is_symlink() or not path.is_file():
        return f"{path} is no file of its own"
    try:
        json.loads(unsealed_json(path.read_bytes(), str(path)))
    except OSError as error:
        return f"cannot read {path}: {error.strerror}"
    except DamagedError as error:
        return str(error)
    except (ValueError, RecursionError) as error:
        return f"{path} is not JSON: {error}"
    return ""


def set_aside(out: Path) -> list[str]:
    """Move what does not belong among the results of ``out`` to ``OUT/set-aside``.

    Beside each file ``NAME.txt`` says why. Temporary files that nobody owns are removed.

    Returns:
        The reasons.
    """
    said = []
    checks = [(path, misplaced) for path in _files(out / "records")]
    for pattern in ("measured/*.json", "measured/draws/*.json", "tasks/*/baselines/*.json"):
        checks += [(path, _unreadable) for path in sorted(out.glob(pattern))]
    for path, check in checks:
        if reason := check(path):
            target = out / "set-aside" / path.name
            numbers = itertools.count(2)
            while os.path.lexists(target):
                target = out / "set-aside" / f"{path.stem}.{next(numbers)}{path.suffix}"
            write_bytes(target.with_name(target.name + ".txt"), f"{reason}\n".encode())
            path.rename(target)
            said.append(f"{reason}: set aside, what it held is made again")
    for path in left_over(out):
        path.unlink(missing_ok=True)
    return said
