"""``local``: units in worker processes on this machine, one unit at a time in each.

A worker that dies (killed for memory, say) fails its unit and is replaced; the others go on.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from ganbench.core.kinds import Engine, Job
from ganbench.core.registry import register
from ganbench.experiment.provenance import gpus, usable_cores

if TYPE_CHECKING:
    from ganbench.experiment.records import Unit


# Threads that spin while they wait take the cores from the other workers, and from other runs.
PASSIVE = {"OMP_WAIT_POLICY": "passive", "KMP_BLOCKTIME": "0"}


def own_gpu(index: int) -> dict[str, str]:
    """Return the variable that shows the ``index``-th worker its GPU; the GPUs take turns."""
    from torch.cuda import device_count

    given = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
    names = [name.strip() for name in given if name.strip()] or [*map(str, range(device_count()))]
    return {"CUDA_VISIBLE_DEVICES": names[index % len(names)]} if len(names) > 1 else {}


class Worker:
    """One process, its standard error in ``OUT/logs``, and the unit it is busy with."""

    def __init__(self, index: int, out: Path, threads: int, events: queue.Queue) -> None:
        logs = out / "logs"
        logs.mkdir(exist_ok=True)
        self.index = index
        self.unit: Unit | None = None
        self.log = logs / f"worker-{index}.log"
        env = {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads), **PASSIVE}
        env |= own_gpu(index)
        with open(self.log, "a") as errors:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "ganbench.experiment.engines._worker",
                    str(out),
                    str(threads),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, **env},
            )
        self.reader = threading.Thread(target=self._read, args=(events,), daemon=True)
        self.reader.start()

    def _read(self, events: queue.Queue) -> None:
        for line in self.process.stdout:  # type: ignore[union-attr]
            events.put((self, json.loads(line)))
        code = self.process.wait()
        events.put((self, {"exit": code}))

    def give(self, unit: Unit) -> None:
        """Start on ``unit``."""
        self.unit = unit
        try:
            self.process.stdin.write(unit.model_dump_json() + "\n")  # type: ignore[union-attr]
            self.process.stdin.flush()  # type: ignore[union-attr]
        except BrokenPipeError:
            pass  # its exit event is on the way, and fails the unit

    def stop(self) -> None:
        """End the process now; what its unit had saved stays."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def workers(asked: int | None, device: str) -> int:
    """Return how many processes: as many as cores on a CPU, one for each GPU, unless asked."""
    return asked or (usable_cores() if device == "cpu" else gpus(device))


def run(units: list[Unit], job: Job) -> list[tuple[Unit, str]]:
    """Execute ``units`` in order on worker processes.

    Returns:
        The units that failed, with the reason.
    """
    count = min(workers(job.workers, units[0].device), len(units))
    threads = job.threads or max(1, usable_cores() // count)
    todo: deque[Unit] = deque(units)
    failed: list[tuple[Unit, str]] = []
    events: queue.Queue = queue.Queue()
    crew = [Worker(i, job.store.out, threads, events) for i in range(count)]
    busy = 0
    try:
        for worker in crew:
            worker.give(todo.popleft())
            busy += 1
        while busy:
            worker, event = events.get()
            if worker.unit is None:
                continue
            unit = worker.unit
            if "exit" in event:
                event = {"failed": f"its process ended with {event['exit']}; see {worker.log}"}
                new = Worker(worker.index, job.store.out, threads, events)
                crew[crew.index(worker)] = worker = new
            if "failed" in event:
                failed.append((unit, event["failed"]))
            job.report(unit, event)
            if "done" in event or "failed" in event:
                worker.unit = None
                busy -= 1
                if todo:
                    worker.give(todo.popleft())
                    busy += 1
    finally:
        for worker in crew:
            worker.stop()
    return failed


register(
    Engine(
        name="local",
        run=run,
        summary="in worker processes on this machine; the default",
        workers=workers,
    )
)
