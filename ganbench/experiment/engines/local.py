"""``local``: units in worker processes on this machine, one unit at a time in each.

A worker that dies (killed for memory, say) is replaced, and its unit tried again from its last
checkpoint, see ``experiment.outcomes``; the others go on.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganbench.core import stopping
from ganbench.core.errors import Interrupted, UsageError
from ganbench.core.kinds import Engine, Job
from ganbench.core.notices import notice
from ganbench.core.registry import register
from ganbench.experiment.engines.inline import late
from ganbench.experiment.provenance import gpus, oom_kills, usable_cores

if TYPE_CHECKING:
    from ganbench.experiment.outcomes import Failure, Schedule
    from ganbench.experiment.records import Unit


GRACE_S = 120.0  # an evaluation, or what is written, may take its time

# Threads that spin while they wait take the cores from the other workers, and from other runs.
WORKER = "ganbench.experiment.engines._worker"  # -P: nothing of the working directory is imported
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
        try:
            logs.mkdir(exist_ok=True)
        except FileExistsError:  # something else has its name
            raise UsageError(f"{logs} is no folder: move it away") from None
        self.index = index
        self.unit: Unit | None = None
        self.since = 0.0  # seconds of the monotonic clock at which the unit began
        self.log = logs / f"worker-{index}.log"
        env = {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads), **PASSIVE}
        env |= own_gpu(index)
        with open(self.log, "a") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", WORKER, str(out), str(threads)],
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
            with contextlib.suppress(ValueError):  # a line that was cut by its death
                events.put((self, json.loads(line)))
        code = self.process.wait()
        events.put((self, {"exit": code}))

    def give(self, unit: Unit) -> None:
        """Start on ``unit``."""
        self.unit, self.since = unit, time.monotonic()
        try:
            self.process.stdin.write(unit.model_dump_json() + "\n")  # type: ignore[union-attr]
            self.process.stdin.flush()  # type: ignore[union-attr]
        except BrokenPipeError:
            pass  # its exit event is on the way, and fails the unit

    def ask_to_stop(self) -> None:
        """Let the process keep the state of its unit, and end."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()

    def stop(self) -> None:
        """End the process now; what its unit had saved stays."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def workers(asked: int | None, device: str) -> int:
    """Return how many processes: as many as cores on a CPU, one for each GPU, unless asked."""
    return asked or (usable_cores() if device == "cpu" else gpus(device))


class Crew:
    """The worker processes of a run, and the units that they are busy with."""

    def __init__(self, job: Job, schedule: Schedule, count: int) -> None:
        self.job, self.schedule = job, schedule
        self.threads = job.where.threads or max(1, usable_cores() // count)
        self.events: queue.Queue = queue.Queue()
        self.oom_kills = oom_kills()
        self.workers = [self._worker(index) for index in range(count)]

    def _worker(self, index: int) -> Worker:
        return Worker(index, self.job.store.out, self.threads, self.events)

    def give_all(self) -> bool:
        """Give every free worker a unit, and return whether any worker is busy."""
        for worker in self.workers:
            if worker.unit is None and (unit := self.schedule.next()):
                worker.give(unit)
        return any(worker.unit for worker in self.workers)

    def step(self) -> None:
        """Wait for the next event, or until a unit's time is over."""
        try:
            worker, event = self.events.get(timeout=self._patience())
        except queue.Empty:
            for worker in self.workers:
                if self._left(worker) <= 0:
                    self._replace(worker, {"failed": late(self.job), "kind": "timeout"})
            return
        if worker not in self.workers:
            return  # replaced, and its last words are not news
        if "exit" in event:
            self._replace(worker, self._death(worker, event["exit"]))
        elif "done" in event or "failed" in event or "elsewhere" in event:
            unit, worker.unit = worker.unit, None
            self.schedule.ended(unit, event)
        elif worker.unit:
            self.job.report(worker.unit, event)

    def _left(self, worker: Worker) -> float:
        """Return the seconds that are left to a worker's unit."""
        if not self.job.timeout or worker.unit is None:
            return math.inf
        return worker.since + self.job.timeout - time.monotonic()

    def _patience(self) -> float | None:
        least = min(map(self._left, self.workers))
        return None if math.isinf(least) else max(0.0, least)

    def _death(self, worker: Worker, code: int) -> dict[str, Any]:
        """Return the event of a unit whose process ended."""
        before, self.oom_kills = self.oom_kills, oom_kills()
        event = {
            "failed": f"its process ended with {code}; see {worker.log}",
            "kind": "infrastructure",
        }
        killed = code == -signal.SIGKILL and self.oom_kills > before
        return event | ({"out_of_memory": True} if killed else {})

    def _replace(self, worker: Worker, event: dict[str, Any]) -> None:
        """Put a new process in the place of ``worker``, whose unit ended with ``event``."""
        worker.stop()
        self.workers[self.workers.index(worker)] = self._worker(worker.index)
        if worker.unit:
            self.schedule.ended(worker.unit, event)

    def finish(self) -> None:
        """Let all processes keep what they have, for which they have ``GRACE_S`` seconds."""
        end = time.monotonic() + GRACE_S
        busy = [worker for worker in self.workers if worker.unit]
        if busy:
            notice("stopping: states are being kept; once more to stop at once")
        for worker in busy:
            worker.ask_to_stop()
        for worker in busy:
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.process.wait(max(0.0, end - time.monotonic()))

    def stop(self) -> None:
        """End all processes."""
        for worker in self.workers:
            worker.stop()


def run(units: list[Unit], job: Job) -> list[tuple[Unit, Failure]]:
    """Execute ``units`` in order on worker processes.

    Returns:
        The units that failed, with the reason.
    """
    from ganbench.experiment.outcomes import Schedule

    schedule = Schedule(units, job.report, job.done)
    crew = Crew(job, schedule, min(workers(job.where.workers, units[0].device), len(units)))
    try:
        while crew.give_all():
            crew.step()
            stopping.stop()
    except (KeyboardInterrupt, Interrupted):
        crew.finish()
        raise
    finally:
        crew.stop()
    return schedule.failed


register(
    Engine(
        name="local",
        run=run,
        summary="in worker processes on this machine; the default",
        workers=workers,
    )
)
