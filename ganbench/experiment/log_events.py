"""The loggers of a run: told of every event, and never able to harm it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ganbench.core import registry
from ganbench.core.notices import notice
from ganbench.experiment.records import Unit
from ganbench.experiment.store import Store

Report = Callable[[Unit, dict[str, Any]], None]


def logged(store: Store, names: Sequence[str], report: Report | None) -> Report:
    """Return a function that tells the loggers of an event, then ``report``.

    A logger that raises is not asked again: one line says why, and the run goes on.

    Args:
        names: of loggers, beside those that always write.

    Raises:
        UsageError: an unknown name, or a logger that cannot start.
    """
    chosen = [registry.loggers.get(name) for name in names]
    chosen += [known for known in registry.loggers.items() if known.always]
    asked = {logger.name: logger.start(store) for logger in chosen}

    def tell(unit: Unit, event: dict[str, Any]) -> None:
        for name in list(asked):
            try:
                asked[name](unit, dict(event))
            except Exception as error:  # whatever is wrong with it, the run is worth more
                del asked[name]
                reason = f"{type(error).__name__}: {error}"
                notice(f"logger {name} stopped: {reason}")
        if report:
            report(unit, event)

    return tell
