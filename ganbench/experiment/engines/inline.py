"""``inline``: units in this process, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core.kinds import Engine, Job
from ganbench.core.registry import register

if TYPE_CHECKING:
    from ganbench.experiment.records import Unit


def run(units: list[Unit], job: Job) -> list[tuple[Unit, str]]:
    """Execute each unit and return the units that failed, with the reason."""
    failed: list[tuple[Unit, str]] = []
    for unit in units:
        try:
            job.execute(unit, job.store, lambda event, unit=unit: job.report(unit, event), "inline")
            job.report(unit, {"done": True})
        except Exception as error:  # one broken unit must not take the others with it
            failed.append((unit, f"{type(error).__name__}: {error}"))
            job.report(unit, {"failed": failed[-1][1]})
    return failed


register(
    Engine(
        name="inline",
        run=run,
        summary="in this process, one unit after the other",
        workers=lambda asked, device: 1,
        other_process=False,
    )
)
