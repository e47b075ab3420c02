"""``inline``: units in this process, one after the other."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ganbench.core import stopping
from ganbench.core.kinds import Engine, Job
from ganbench.core.registry import register

if TYPE_CHECKING:
    from ganbench.experiment.outcomes import Failure
    from ganbench.experiment.records import Unit


class _LateError(Exception):
    """A unit is not done in its time."""


def run(units: list[Unit], job: Job) -> list[tuple[Unit, Failure]]:
    """Execute each unit and return the units that failed, with the reason."""
    from ganbench.experiment.outcomes import Schedule, event_of

    schedule = Schedule(units, job.report, job.done)
    while unit := schedule.next():
        stopping.stop()
        try:
            job.execute(unit, job.store, _watched(unit, job), "inline")
            event: dict[str, Any] = {"done": True}
        except _LateError:
            event = {"failed": late(job), "kind": "timeout"}
        except (Exception, SystemExit) as error:  # one unit must not take the others with it
            event = event_of(error)
        schedule.ended(unit, event)
    return schedule.failed


def late(job: Job) -> str:
    """Return what is said of a unit that was not done in its time."""
    return f"not done in {job.timeout:g} s (--unit-timeout)"


def _watched(unit: Unit, job: Job) -> Any:
    """Return the function that is told of progress, and that ends a unit when its time is over."""
    start = time.monotonic()

    def report(event: dict[str, Any]) -> None:
        job.report(unit, event)
        if job.timeout and time.monotonic() - start > job.timeout:
            raise _LateError

    return report


register(
    Engine(
        name="inline",
        run=run,
        summary="in this process, one unit after the other",
        workers=lambda asked, device: 1,
        other_process=False,
    )
)
