"""Checkpoints: the folder of a unit at work, ``OUT/checkpoints/<unit_id>``.

    state.safetensors      its state and its measurements so far
    previous.safetensors   those of the checkpoint before

The SHA-256 of names, types, shapes, values and measurements is in the file, and checked when it is
read. A damaged checkpoint is moved away, and the one before it is taken.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganbench.core.seals import DamagedError, damaged
from ganbench.experiment.kept_models import digest_of

if TYPE_CHECKING:
    from torch import Tensor

LAST, BEFORE = "state.safetensors", "previous.safetensors"
KEY = "ganbench"  # of the file's metadata
DAMAGED = ".damaged"

Saved = tuple[dict[str, Any], dict[str, Any]]  # state and measurements


def _seal(state: dict[str, Tensor], progress: str) -> str:
    return hashlib.sha256(f"{digest_of(state)} {progress}".encode()).hexdigest()


def pack_state(state: dict[str, Tensor], progress: dict[str, Any]) -> bytes:
    """Return the state and the measurements so far as one file, so that they always agree."""
    from safetensors.torch import save

    state = {name: value.detach().cpu().contiguous() for name, value in state.items()}
    text = json.dumps(progress)
    return save(state, {KEY: json.dumps({"progress": text, "sha256": _seal(state, text)})})


def read_state(path: Path) -> Saved:
    """Return the state and the measurements in ``path``.

    Raises:
        DamagedError: they are not as they were written.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            written = json.loads((file.metadata() or {})[KEY])
        if written["sha256"] != _seal(state, written["progress"]):
            raise damaged(str(path))
        return state, json.loads(written["progress"])
    except (SafetensorError, KeyError, ValueError, TypeError, OSError) as error:
        if isinstance(error, DamagedError):
            raise
        raise damaged(str(path)) from error


def load_state(folder: Path, say: Callable[[str], None]) -> Saved | None:
    """Return the last whole checkpoint in ``folder``, or None; damaged ones are moved aside."""
    for name in (LAST, BEFORE):
        path = folder / name
        if not path.exists() and not path.is_symlink():
            continue
        try:
            return read_state(path)
        except DamagedError as error:
            set_aside(path)
            say(f"{error}: it is set aside, and the checkpoint before it is taken")
    return None


def set_aside(path: Path) -> None:
    """Give a damaged file another name, under which nothing reads it."""
    with contextlib.suppress(OSError):
        target = path.with_name(path.name + DAMAGED)
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        path.replace(target)
