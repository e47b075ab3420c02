"""Records as files: JSON with a seal (``core.seals``), also of older schema versions."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from ganbench.core.errors import UsageError
from ganbench.core.seals import sealed_json, unsealed_json
from ganbench.core.whole_files import file_bytes
from ganbench.experiment._older_records import upgraded
from ganbench.experiment.records import Record, Strict

M = TypeVar("M", bound=Strict)


def as_file(model: Strict) -> bytes:
    """Return a record, or another model, as the content of its file."""
    return sealed_json(model.model_dump_json(indent=1))


def read_record(path: Path) -> Record:
    """Return the record in ``path``, also one of an older schema version.

    Raises:
        UsageError: the file cannot be read, is damaged, or is not a record.
    """
    try:
        content = file_bytes(path)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    return parse_record(content, str(path))


def parse_record(content: bytes, where: str) -> Record:
    """Return the record that is written as JSON in ``content``, also of an older version.

    Raises:
        UsageError: it is damaged or not a record; ``where`` it stands is a part of the message.
    """
    content = unsealed_json(content, where)
    with contextlib.suppress(ValidationError):  # of this version, as nearly all are
        return Record.model_validate_json(content)
    try:
        return Record.model_validate(upgraded(json.loads(content)))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        reason = f"{place}: {first['msg']}"
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"{type(error).__name__}: {error}"
    raise UsageError(f"{where} is not a record of this version ({reason})")


def read_measurement(path: Path, kind: type[M]) -> M:
    """Return what ``path`` holds of a training that was measured later."""
    try:
        return kind.model_validate_json(unsealed_json(path.read_bytes(), str(path)))
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise UsageError(
            f"{path} is not a measurement of this version ({where}); move it away"
        ) from None
