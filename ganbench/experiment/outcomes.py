"""What becomes of a unit that does not end well, and of the units after it.

    unit            its own code or settings: its seeds have the status ``failed``
    timeout         it was not done in ``--unit-timeout``: status ``timeout``
    infrastructure  the machine: a killed process, memory, files. It is tried again, ``RETRIES``
                    times, from its last checkpoint; where memory was lacking, with half the lanes
    disk            nothing can be written: the run ends, and what is on disk stays as it is

A training that diverges is no failure: it ends well, with the status ``diverged``.
"""

from __future__ import annotations

import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ganbench.core.errors import DISK, of_the_machine
from ganbench.experiment.execute import ElsewhereError, halves
from ganbench.experiment.leases import LeaseLostError
from ganbench.experiment.records import Unit

RETRIES = 2
WAIT_S = 2.0  # between two looks at a unit that another process trains
LONGEST = 4_000  # characters that are kept of a traceback

Kind = Literal["unit", "timeout", "infrastructure", "disk"]


class Failure(NamedTuple):
    """Why a unit broke down."""

    reason: str
    kind: Kind = "unit"
    traceback: str = ""


def event_of(error: BaseException) -> dict[str, Any]:
    """Return the event of a unit that ended with ``error``."""
    if isinstance(error, ElsewhereError | LeaseLostError):
        return {"elsewhere": str(error)}
    event: dict[str, Any] = {
        "failed": f"{type(error).__name__}: {error}",
        "kind": "infrastructure" if of_the_machine(error) else "unit",
        "traceback": _traceback(error),
    }
    if isinstance(error, OSError) and error.errno in DISK:
        file = str(error.filename) if error.filename else None
        event |= {"kind": "disk", "errno": error.errno, "strerror": error.strerror, "file": file}
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        event["out_of_memory"] = True
    return event


def _traceback(error: BaseException) -> str:
    """Return where ``error`` was raised, with files as ``folder/name``: nobody's own paths."""
    lines = [
        f"{'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno} in {frame.name}: {frame.line}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    return "\n".join([*lines, f"{type(error).__name__}: {error}"])[-LONGEST:]


class Schedule:
    """The units of an engine: which is next, and what becomes of those that broke down.

    Args:
        report: is told of every event.
        done: whether a unit is done, wherever.
    """

    def __init__(
        self,
        units: Sequence[Unit],
        report: Callable[[Unit, dict[str, Any]], None],
        done: Callable[[Unit], bool] = lambda unit: False,
    ) -> None:
        self.report, self.done = report, done
        self.failed: list[tuple[Unit, Failure]] = []
        self._todo: deque[Unit] = deque(units)
        self._elsewhere: deque[tuple[float, Unit]] = deque()
        self._tries: Counter[str] = Counter()

    def next(self) -> Unit | None:
        """Return the next unit to execute; None where there is none left.

        Those that another process trains come last, and not sooner than ``WAIT_S`` after the last
        look.
        """
        while self._todo:
            unit = self._todo.popleft()
            if not self.done(unit):
                return unit
            self.report(unit, {"done": True})
        while self._elsewhere:
            seen, unit = self._elsewhere.popleft()
            if self.done(unit):
                self.report(unit, {"done": True})
                continue
            time.sleep(max(0.0, seen + WAIT_S - time.monotonic()))
            return unit
        return None

    def ended(self, unit: Unit, event: dict[str, Any]) -> None:
        """Take in the last event of a unit: ``done``, ``failed`` or ``elsewhere``.

        Raises:
            OSError: nothing can be written.
        """
        if "elsewhere" in event:
            self._elsewhere.append((time.monotonic(), unit))
        elif "failed" in event:
            self._broke_down(unit, event)
        self.report(unit, event)

    def _broke_down(self, unit: Unit, event: dict[str, Any]) -> None:
        kind: Kind = event.get("kind", "unit")
        if kind == "disk":
            raise OSError(event["errno"], event["strerror"], event["file"])
        if kind == "infrastructure" and self._tries[_key(unit)] < RETRIES:
            again = halves(unit) if event.get("out_of_memory") and len(unit.seeds) > 1 else [unit]
            for part in again:
                self._tries[_key(part)] = self._tries[_key(unit)] + 1
            self._todo.extendleft(reversed(again))
            event["retried"] = event.pop("failed")
            return
        self.failed.append((unit, Failure(event["failed"], kind, event.get("traceback", ""))))


def _key(unit: Unit) -> str:
    return f"{unit.unit_id} {unit.again}"
