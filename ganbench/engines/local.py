"""Units in worker processes on this machine, one unit at a time in each.

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
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ganbench.store import Unit

Report = Callable[[Unit, dict[str, Any]], None]


class Worker:
    """One process, its standard error in ``OUT/logs``, and the unit it is busy with."""

    def __init__(self, index: int, out: Path, threads: int, events: queue.Queue) -> None:
        logs = out / "logs"
        logs.mkdir(exist_ok=True)
        self.index = index
        self.unit: Unit | None = None
        self.log = logs / f"worker-{index}.log"
        env = {**os.environ, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
        with open(self.log, "a") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ganbench.worker", str(out), str(threads)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=env,
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


def run(
    units: list[Unit], out: Path, workers: int, threads: int, report: Report
) -> list[tuple[Unit, str]]:
    """Execute ``units`` in order on ``workers`` processes of ``threads`` threads each.

    Args:
        report: is told of every event: ``step`` and ``steps``, ``values``, ``done`` or ``failed``.

    Returns:
        The units that failed, with the reason.
    """
    todo: deque[Unit] = deque(units)
    failed: list[tuple[Unit, str]] = []
    events: queue.Queue = queue.Queue()
    crew = [Worker(i, out, threads, events) for i in range(min(workers, len(units)))]
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
                crew[crew.index(worker)] = worker = Worker(worker.index, out, threads, events)
            if "failed" in event:
                failed.append((unit, event["failed"]))
            report(unit, event)
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
