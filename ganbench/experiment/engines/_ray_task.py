"""What runs on the nodes of a Ray cluster: one unit, and the actor that carries its progress."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ganbench.core.errors import Interrupted, UsageError

Files = dict[str, bytes]  # path in the run directory -> content
RETURNED = ("records/*.json", "samples/*.npy", "models/*.safetensors", "films/*.npz")
REPORT_S = 10.0  # seconds that a report may take, after which it is lost


class Mailbox:
    """Events of all units on their way to the driver, and its word to stop on the way back."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.stopped = False

    def put(self, key: str, event: dict[str, Any]) -> bool:
        """Take an event of the unit ``key``, and return whether to stop."""
        self.events.append((key, event))
        return self.stopped

    def take(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the events since the last call."""
        events, self.events = self.events, []
        return events

    def stop(self) -> None:
        """Let every unit keep its state and end, at its next event."""
        self.stopped = True


def execute_unit(
    key: str, text: str, out: str, files: Files | None, threads: int, mailbox: Any
) -> dict[str, Any]:
    """Execute one unit and return its last event.

    Args:
        key: under which it reports. text: the unit as JSON.
        out: the run directory. files: what it holds of the unit, where its disk is not here: then
            the event has an entry ``files`` with what was written.
    """
    if files is None:
        return _executed(key, text, Path(out), threads, mailbox)
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / "run"
        (own / "records").mkdir(parents=True)
        for name, content in files.items():
            (own / name).parent.mkdir(parents=True, exist_ok=True)
            (own / name).write_bytes(content)
        event = _executed(key, text, own, threads, mailbox)
        written = {
            str(path.relative_to(own)): path.read_bytes()
            for pattern in RETURNED
            for path in own.glob(pattern)
        }
    return event | {"files": {k: v for k, v in written.items() if files.get(k) != v}}


def _executed(key: str, text: str, out: Path, threads: int, mailbox: Any) -> dict[str, Any]:
    import ray
    import torch

    from ganbench.core import stopping
    from ganbench.experiment.execute import execute
    from ganbench.experiment.outcomes import event_of
    from ganbench.experiment.records import Unit
    from ganbench.experiment.store import Store

    torch.set_num_threads(threads)
    store = Store(out)

    def report(event: dict[str, Any]) -> None:
        try:
            if ray.get(mailbox.put.remote(key, event), timeout=REPORT_S):
                stopping.ask()
        except ray.exceptions.RayError:  # progress is lost, and no result
            pass

    with stopping.asked_by_others():
        try:
            report({"started": True})
            if not store.out.is_dir():
                raise UsageError(f"{out} is not on the disk of this node: shared=no needed")
            execute(Unit.model_validate_json(text), store, report, engine="ray")
        except Interrupted:
            return {"interrupted": True}
        except (Exception, SystemExit) as error:  # the driver records it
            return event_of(error)
    return {"done": True}


def files_of(out: Path, run_ids: list[str], note: str) -> Files:
    """Return what a run directory holds of a unit whose run ids are these.

    Args:
        note: path of the file that says which seeds are trained together.
    """
    names = [f"records/{run_id}.json" for run_id in run_ids] + [note]
    return {name: (out / name).read_bytes() for name in names if (out / name).exists()}


def check_files(files: Mapping[str, bytes], run_ids: list[str]) -> None:
    """Raise ``ValueError`` for a file that is none of the results of these trainings."""
    for name in files:
        path = Path(name)
        known = any(path.match(pattern) for pattern in RETURNED) and len(path.parts) == 2
        if not known or path.stem not in run_ids:
            raise ValueError(f"a node returned {name}, which is not of its unit")
