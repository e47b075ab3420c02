"""Units in this process, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ganbench.store import Store, Unit


def run(
    units: list[Unit],
    execute: Callable[..., None],
    store: Store,
    report: Callable[[Unit, dict[str, Any]], None],
) -> list[tuple[Unit, str]]:
    """Call ``execute`` on each unit and return the units that failed, with the reason."""
    failed: list[tuple[Unit, str]] = []
    for unit in units:
        try:
            execute(unit, store, lambda event, unit=unit: report(unit, event), engine="inline")
            report(unit, {"done": True})
        except Exception as error:  # one broken unit must not take the others with it
            failed.append((unit, f"{type(error).__name__}: {error}"))
            report(unit, {"failed": failed[-1][1]})
    return failed
