"""Records of units that broke down: written when it happens, by whoever has the unit's lease."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from ganbench.core.errors import UsageError
from ganbench.core.notices import notice
from ganbench.experiment import leases
from ganbench.experiment.make_records import failed_records
from ganbench.experiment.outcomes import Failure
from ganbench.experiment.records import Unit
from ganbench.experiment.store import Store

POLL_S = 0.5  # between two looks at a lease that another process has


class Failures:
    """The failures of a run.

    Args:
        engine: its name, for the records. told: is told of every event of a unit.
    """

    def __init__(
        self, store: Store, engine: str, told: Callable[[Unit, dict[str, Any]], None]
    ) -> None:
        self.store, self.engine, self.told = store, engine, told
        self._written: set[str] = set()

    def report(self, unit: Unit, event: dict[str, Any]) -> None:
        """Pass on an event; write the records of a unit that failed for good."""
        if "failed" in event:
            reason = event["failed"], event.get("kind", "unit"), event.get("traceback", "")
            self._write(unit, Failure(*reason))
        self.told(unit, event)

    def all_written(self, ended: Sequence[tuple[Unit, Failure | str]]) -> list[tuple[Unit, str]]:
        """Write what could not be written before, and return the units with the reasons.

        A lease that a lost node has left behind ends in its time; who has it longer trains the
        unit, and writes its record.
        """
        failed = [(unit, Failure(why) if isinstance(why, str) else why) for unit, why in ended]
        end = time.monotonic() + leases.LEASE_S + POLL_S
        for unit, failure in failed:
            while not self._write(unit, failure) and time.monotonic() < end:
                time.sleep(POLL_S)
        return [(unit, failure.reason) for unit, failure in failed]

    def _write(self, unit: Unit, failure: Failure) -> bool:
        """Write a record for each seed without a result, and return whether all have one."""
        if unit.again or unit.unit_id in self._written:
            return True
        with self.store.claimed(unit) as own:
            if own is None:
                return self.store.all_done(unit)
            left = [seed for seed in unit.seeds if not own.done(unit.training, seed)]
            try:
                for record in failed_records(unit, left, failure, self.engine):
                    own.write_record(record)
            except leases.LeaseLostError:
                return False
            except UsageError as error:  # its data are gone: it is told, and the rest is kept
                notice(f"no record of {unit.label}: {error}")
        self._written.add(unit.unit_id)
        return True
