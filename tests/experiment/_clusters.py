"""What tests of engines that have clusters share: grids, their results, and waiting."""

import json
import subprocess
import time

from ganbench.experiment.records import Measurement
from ganbench.experiment.store import Store

GRID = {
    "variants": ["ns", "wgan-gp"], "dataset": "ring2d", "preset": "smoke", "seeds": 2, "steps": 60,
    "checkpoints": 3, "device": "cpu", "backend": "reference", "no_controls": True, "threads": 1,
}  # fmt: skip
LONG = {**GRID, "variants": ["ns", "lsgan"], "steps": 1_200, "checkpoints": 12, "seeds": 1}
SAME = set(Measurement.model_fields) - {"train_s", "train_cpu_s", "eval_s", "load"}


def results(out):
    """Return of every record what must be the same wherever it was made."""
    found = {}
    for r in Store(out).records():
        measured = [m.model_dump(include=SAME) for m in r.measurements]
        found[r.run_id] = (r.status, r.history, r.floors, r.threads, measured)
    return found


def events(out):
    path = out / "events.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def until(true, seconds=120):
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def killer(command, times):
    """Return a ``progress`` that kills the processes of ``ns`` so often, and what it was told."""
    killed, told = [], []

    def kill(unit, event):
        if unit.training.variant == "ns":
            told.extend({*event} & {"retried", "failed", "done"})
            if "step" in event and len(killed) < times:
                killed.append(True)
                subprocess.run(command)

    return kill, told
