"""How every training of a run ended, without reading every record again.

``OUT/index.json`` holds for each file of ``OUT/records`` its size, when it was written, and the
status in it. It is a cache: what is not in it, or has changed, is read, with its seal; it may be
deleted at any time, and a damaged one is made anew.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from ganbench.core.errors import UsageError
from ganbench.core.files import write_bytes
from ganbench.core.seals import ENTRY, DamagedError, sealed_json, unsealed_json
from ganbench.experiment.packed import ENDING, read_packed
from ganbench.experiment.record_files import read_record

NAME = "index.json"
STATUS = re.compile(rb'^ "status": "(\w+)"', re.MULTILINE)
FORMAT = 1

Entry = tuple[int, int, str]  # size in bytes, nanoseconds of the file's time, status


def ends(out: Path) -> dict[str, str]:
    """Return ``{run_id: status}`` of the records of a run directory; damaged ones are left out."""
    folder, known = out / "records", _known(out / NAME)
    found: dict[str, Entry] = {}
    packs = (read_packed(path) for path in sorted(folder.glob(f"*{ENDING}")))
    packed = {r.run_id: r.status for pack in packs for r in pack}  # first: they may be unpacked now
    for name, size, written in _files(folder):
        entry = known.get(name)
        if entry is None or (entry[0], entry[1]) != (size, written):
            entry = (size, written, _status(folder / f"{name}.json"))
        found[name] = entry
    if found != known:
        with contextlib.suppress(OSError):  # it is a cache
            content = {"format": FORMAT, "records": found}
            write_bytes(out / NAME, sealed_json(json.dumps(content)))
    return packed | {name: entry[2] for name, entry in found.items() if entry[2]}


def _known(path: Path) -> dict[str, Entry]:
    try:
        content = json.loads(unsealed_json(path.read_bytes(), str(path)))
        if content["format"] == FORMAT:
            return {name: (size, at, end) for name, (size, at, end) in content["records"].items()}
    except (OSError, DamagedError, ValueError, KeyError, TypeError, AttributeError):
        pass
    return {}


def _files(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Yield name, size and time of every record; links and folders are none."""
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".json") and entry.is_file(follow_symlinks=False):
                with contextlib.suppress(FileNotFoundError):  # set aside meanwhile
                    stat = entry.stat()
                    yield entry.name.removesuffix(".json"), stat.st_size, stat.st_mtime_ns


def _status(path: Path) -> str:
    """Return the status in a record; empty if it is none, or damaged."""
    try:
        content = path.read_bytes()
        if not ENTRY.search(content):  # an older one
            return read_record(path).status
        found = STATUS.search(unsealed_json(content, str(path)))
    except (OSError, UsageError):
        return ""
    return found[1].decode() if found else ""
