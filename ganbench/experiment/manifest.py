"""The hashes of a published run's records: what was edited later does not agree with them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from ganbench.core.files import write_bytes
from ganbench.experiment.records import Record
from ganbench.experiment.store import Store

NAME = "manifest.json"


def record_sha256(record: Record) -> str:
    """Return the SHA-256 of all that a record says, however it is stored."""
    return hashlib.sha256(record.model_dump_json().encode()).hexdigest()


def hashes(store: Store) -> dict[str, str]:
    """Return ``{run_id: record_sha256}`` of the records of a run directory."""
    found: dict[str, str] = {}

    def add(record: Record) -> None:
        found[record.run_id] = record_sha256(record)

    store.records(curves=False, visit=add)
    return found


def write_manifest(store: Store) -> None:
    """Write the hash of every record of a run directory."""
    content = json.dumps({"records": dict(sorted(hashes(store).items()))}, indent=0)
    write_bytes(store.out / NAME, f"{content}\n".encode())


def changed(out: Path, present: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield ``(run_id, reason)`` of records that are not those of the manifest, if there is one.

    Args:
        out: the run directory. present: ``{run_id: record_sha256}`` of its records.
    """
    path = out / NAME
    if not path.exists():
        return
    try:
        known = dict(json.loads(path.read_bytes())["records"])
    except (ValueError, KeyError, TypeError) as error:
        yield "", f"{NAME} is damaged ({type(error).__name__})"
        return
    for run_id, sha256 in present.items():
        if run_id not in known:
            yield run_id, f"is not in {NAME}: added after the run was published"
        elif known[run_id] != sha256:
            yield run_id, f"is not the record that was published (its hash in {NAME} is another)"
    for run_id in known.keys() - present.keys():
        yield run_id, f"is in {NAME} and has no record"
