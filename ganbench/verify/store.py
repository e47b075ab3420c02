"""``ganbench verify store OUT``: is a run directory complete, and all in it as it was written?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from os.path import lexists
from pathlib import Path

from ganbench.core.errors import UsageError
from ganbench.core.files import files_below, read_array
from ganbench.core.seals import unsealed_json
from ganbench.experiment import checkpoints, kept_models
from ganbench.experiment.films import read_film
from ganbench.experiment.packed import ENDING, read_packed
from ganbench.experiment.progress import progress_of
from ganbench.experiment.stored_records import misplaced
from ganbench.verify._outcome import Check, Outcome

SHOWN = 3  # damaged files that are named in the table


def run(update: Callable[[str], None], folder: str) -> Outcome:
    """Read every file of a run directory and compare it with its SHA-256.

    What a run replaces or drops meanwhile is passed over.

    Args:
        update: is told what is looked at. folder: the run directory.

    Raises:
        UsageError: it is no run directory.
    """
    out = Path(folder)
    checks: list[Check] = []
    damaged: dict[str, str] = {}
    progress = progress_of(out)
    for name, (paths, look) in _kinds(out).items():
        update(name)
        wrong = {path: reason for path in paths if (reason := look(path)) and lexists(path)}
        damaged |= {str(path): reason for path, reason in wrong.items()}
        said = f"{len(paths) - len(wrong)} of {len(paths)} whole"
        if wrong:
            said += ": " + ", ".join(path.name for path in list(wrong)[:SHOWN])
        checks.append(Check(name, said, "all whole", not wrong))
    total = sum(progress.planned.values())
    said = f"{total - progress.left} of {total}"
    checks.append(Check("trainings with a result", said, str(total), not progress.left))
    return Outcome(checks, {"damaged": damaged, "left": progress.left}, title=str(out))


def _kinds(out: Path) -> dict[str, tuple[list[Path], Callable[[Path], str]]]:
    """Return ``{kind: (files, path -> why it is damaged)}``."""
    found: dict[str, tuple[Iterable[Path], Callable[[Path], str]]] = {
        "records": (out.glob("records/*.json"), misplaced),
        "packed records": (out.glob(f"records/*{ENDING}"), _tried(lambda p: [*read_packed(p)])),
        "kept models": (out.glob("models/*.safetensors"), _tried(kept_models.read)),
        "samples": (out.glob("samples/*.npy"), _tried(read_array)),
        "films": (out.glob("films/*.npz"), _tried(read_film)),
        "measured later": (files_below(out / "measured", "*.json"), _tried(_json)),
        "what came out of tasks": (files_below(out / "tasks", "*.npy"), _tried(read_array)),
        "notes of units": (out.glob("units/*.json"), _tried(_json)),
        "checkpoints": (
            files_below(out / "checkpoints", "*.safetensors"),
            _tried(checkpoints.read_state),
        ),
    }
    kinds = {name: (sorted(paths), look) for name, (paths, look) in found.items()}
    return {name: kind for name, kind in kinds.items() if kind[0]}


def _tried(read: Callable[[Path], object]) -> Callable[[Path], str]:
    def look(path: Path) -> str:
        try:
            read(path)
        except UsageError as error:
            return str(error)
        return ""

    return look


def _json(path: Path) -> object:
    try:
        return json.loads(unsealed_json(path.read_bytes(), str(path)))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    except ValueError as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"{path} is not JSON: {error}") from None
