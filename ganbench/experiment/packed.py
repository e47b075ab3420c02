"""Records of published runs, compressed: one file for all seeds of a training.

``records/<training>.jsonl.xz`` has one record a line. A run directory that is gone on with is
unpacked first.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator
from pathlib import Path

from ganbench.core.errors import UsageError
from ganbench.core.files import write_bytes
from ganbench.core.limits import MOST_PACK_BYTES
from ganbench.core.seals import unsealed_json
from ganbench.experiment.record_files import as_file, parse_record, read_record
from ganbench.experiment.records import Record

ENDING = ".jsonl.xz"


def pack(records: Path, target: Path) -> list[Path]:
    """Write the ``*.json`` records of the folder ``records`` to ``target``, and return the files.

    The bytes depend on the records alone.
    """
    lines: dict[str, list[bytes]] = {}
    for path in sorted(records.glob("*.json")):
        record = read_record(path)
        name = record.run_id.rsplit("-s", 1)[0]
        content = json.loads(unsealed_json(path.read_bytes(), str(path)))
        lines.setdefault(name, []).append(json.dumps(content, separators=(",", ":")).encode())
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for name, own in lines.items():
        path = target / f"{name}{ENDING}"
        write_bytes(path, lzma.compress(b"\n".join([*own, b""]), preset=9))
        written.append(path)
    return written


def read_packed(path: Path) -> Iterator[Record]:
    """Yield the records in ``path``; none where it is no longer there, unpacked meanwhile.

    Raises:
        UsageError: the file is damaged, or holds something else.
    """
    try:
        with lzma.open(path) as file:
            content = file.read(MOST_PACK_BYTES + 1)
    except FileNotFoundError:
        return
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise UsageError(f"{path} is damaged ({error}); fetch it again") from None
    if len(content) > MOST_PACK_BYTES:
        raise UsageError(f"{path} unpacks to more than {MOST_PACK_BYTES:,} bytes: not read")
    lines = content.splitlines()
    for number, line in enumerate(lines, 1):
        yield parse_record(line, f"line {number} of {path}")


def unpack(records: Path) -> None:
    """Write every packed record in the folder ``records`` as a file, and drop the packed ones."""
    for path in sorted(records.glob(f"*{ENDING}")):
        for record in read_packed(path):
            write_bytes(records / f"{record.run_id}.json", as_file(record))
        path.unlink()
