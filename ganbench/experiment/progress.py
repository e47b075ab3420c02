"""How far a run is, from its files alone: what is planned, done, at work and interrupted."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.experiment.records import CONTROL, Training, Unit
from ganbench.experiment.store import Store

TAIL = 1_000_000  # bytes of the events that are looked at
ENDS = ("ok", "diverged", "failed", "timeout")


class AtWork(NamedTuple):
    """A unit that some process trains now, or that was interrupted.

    Attributes:
        share: of its updates that are done (0-1); None where nothing is known of it.
        at: when that was, ISO 8601.
    """

    unit: Unit
    running: bool
    share: float | None
    at: str


class RunProgress(NamedTuple):
    """How far a run is.

    Attributes:
        planned: ``{variant: trainings}``, of a control its draws.
        ended: ``{variant: {status: trainings}}``.
    """

    planned: dict[str, int]
    ended: dict[str, Counter[str]]
    at_work: list[AtWork]

    @property
    def left(self) -> int:
        """How many trainings have no result yet."""
        over = {name: sum(ends[end] for end in ENDS[:2]) for name, ends in self.ended.items()}
        return sum(max(0, count - over[name]) for name, count in self.planned.items())


def progress_of(out: Path) -> RunProgress:
    """Return how far the run in ``out`` is.

    Raises:
        UsageError: it is no run directory.
    """
    store = Store(out)
    plan = store.plan()
    if plan is None:
        raise UsageError(f"{out} has no plan.json that can be read: not a run directory")
    try:
        planned, names = _planned(plan)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{out / 'plan.json'} is of another version: {error!r}") from None
    ended: dict[str, Counter[str]] = {name: Counter() for name in planned}
    for run_id, status in store.ends().items():
        name = names.get(run_id) or ("" if plan.get("common") else _control(run_id, planned))
        if name:
            ended[name][status] += 1
    return RunProgress(planned, ended, _at_work(store))


def _planned(plan: dict[str, Any]) -> tuple[dict[str, int], dict[str, str]]:
    """Return ``{variant: trainings}``, and ``{run_id: variant}``."""
    names: dict[str, str] = {}
    planned: dict[str, int] = {}
    for name in plan["controls"]:
        control = registry.controls.find(name.removeprefix(CONTROL))
        planned[name] = control.draws if control else 0
        if plan.get("common"):  # an older plan does not say it
            common = Training.model_validate(plan["common"] | {"variant": name})
            names |= dict.fromkeys(common.run_ids(range(planned[name])), name)
    for given in plan["trainings"]:
        training = Training.model_validate(given)
        seeds = tuple(training.by_seed) or plan["more_seeds"].get(training.variant, plan["seeds"])
        planned[training.variant] = planned.get(training.variant, 0) + len(seeds)
        names |= dict.fromkeys(training.run_ids(seeds), training.variant)
    return planned, names


def _control(run_id: str, planned: dict[str, int]) -> str | None:
    """Return the control whose record this is by its name alone, if it is one."""
    return next((n for n in planned if run_id.startswith(f"{n.replace(':', '-')}-")
                 and n.startswith(CONTROL)), None)  # fmt: skip


def _at_work(store: Store) -> list[AtWork]:
    running = store.at_work()
    last = _last_events(store.out / "events.jsonl")
    found = []
    for unit in store.begun():
        runs = unit.unit_id in running
        if runs or store.checkpoint(unit).exists():
            event = last.get((unit.training.variant, unit.seeds), {})
            share = event["step"] / event["steps"] if event.get("steps") else None
            found.append(AtWork(unit, runs, share, event.get("at", "")))
    return found


def _last_events(path: Path) -> dict[tuple[str, tuple[int, ...]], dict[str, Any]]:
    """Return the last progress of each unit, by variant and seeds."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL))
            lines = file.read().splitlines()
    except OSError:
        return {}
    found: dict[tuple[str, tuple[int, ...]], dict[str, Any]] = {}
    for line in lines:
        try:
            event = json.loads(line)
            if "step" in event:
                found[event["variant"], tuple(event["seeds"])] = event
        except (ValueError, KeyError, TypeError):
            continue  # the first may be cut, and the last half written
    return found
