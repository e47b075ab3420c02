"""What runs in a job of ``slurm``: some units, and the state that is kept when it is preempted."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganbench.core.processes import children, started
from ganbench.experiment.engines.local import GRACE_S


@dataclass
class Batch:
    """Units for the worker processes of one job; submitit calls it there.

    Attributes:
        out: the run directory. units: as JSON, so that what is sent is read as anywhere else.
        workers, threads: of the engine ``local``. timeout: seconds that a unit may take.
    """

    out: str
    units: list[str]
    workers: int | None
    threads: int | None
    timeout: float | None

    def __call__(self) -> list[tuple[str, list[str]]]:
        """Execute the units and return those that failed, as JSON, and why.

        A unit that did not fit into memory may have failed in a half.
        """
        from ganbench.core import registry
        from ganbench.core.kinds import Job, Where
        from ganbench.experiment.execute import execute
        from ganbench.experiment.log_events import logged
        from ganbench.experiment.records import Unit
        from ganbench.experiment.store import Store

        store = Store(Path(self.out))
        units = [Unit.model_validate_json(text) for text in self.units]
        where = Where("local", self.workers, self.threads)
        tell = logged(store, [], None)
        job = Job(store, execute, tell, where, self.timeout, store.all_done)
        failed = registry.engines.get("local").run(units, job)
        return [(unit.model_dump_json(), list(failure)) for unit, failure in failed]

    def checkpoint(self) -> Any:
        """Let the worker processes keep their states, and return what is to be done later.

        submitit calls it when the job is preempted or its time is nearly over, and puts the job
        into the queue again.
        """
        from submitit.helpers import DelayedSubmission

        stop_children()
        return DelayedSubmission(self)


def stop_children() -> None:
    """Ask all processes that this one started to keep their state and end, and wait for it."""
    crew = children(os.getpid())
    for pid in crew:
        os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + GRACE_S
    while any(started(pid) for pid in crew) and time.monotonic() < end:
        time.sleep(0.05)
