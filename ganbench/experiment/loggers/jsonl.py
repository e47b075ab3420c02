"""``jsonl``: every event of a run as a line of JSON in ``OUT/events.jsonl``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Logger
from ganbench.core.registry import register
from ganbench.experiment.provenance import now

if TYPE_CHECKING:
    from ganbench.experiment.records import Unit
    from ganbench.experiment.store import Store


def start(store: Store) -> Callable[[Unit, dict[str, Any]], None]:
    """Return a function that adds an event to the file."""
    path = store.out / "events.jsonl"

    def log(unit: Unit, event: dict[str, Any]) -> None:
        line = {"at": now(), "variant": unit.training.variant, "seeds": list(unit.seeds), **event}
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    return log


register(Logger(name="jsonl", start=start, summary="every event, in OUT/events.jsonl", always=True))
