"""Progress of a whole grid: live bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from ganbench.core import registry
from ganbench.experiment.plan import Plan
from ganbench.experiment.records import Unit
from ganbench.reports.tables import number

LEAST_PART = 0.02  # of all updates, from which the time left is told
UNITS = {"g_steps": "generator updates", "images_seen": "images"}


def counted(n: int, noun: str) -> str:
    """Return ``1 seed`` or ``3 seeds``."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def summary(plan: Plan) -> str:
    """Return one line that says what is planned."""
    training = plan.trainings[0]
    budget = f"{training.budget:,} {UNITS[training.budget_unit]}"
    return (
        f"{plan.dataset.name} · {training.arch} · "
        f"preset {plan.preset.name}: {counted(len(plan.trainings), 'variant')} "
        f"× {counted(len(plan.seeds), 'seed')} × {budget}, recipe {training.recipe}"
    )


def updates(unit: Unit) -> int:
    """Return the updates of both networks that all seeds of the unit make together."""
    training = unit.training
    if training.control:
        return 0
    d_steps = registry.variants.get(training.variant).d_steps
    return training.steps * (1 + d_steps) * len(unit.seeds)


class ProgressDisplay:
    """Receives the events of an engine and shows them; use as a context manager.

    Args:
        primary: the quantity shown beside each unit.
    """

    def __init__(self, console: Console, units: list[Unit], primary: str) -> None:
        self.console, self.units, self.primary = console, units, primary
        self.done = 0
        self.told: set[str] = set()
        self.total = sum(updates(unit) for unit in units) or 1
        self.seen: dict[str, float] = {}
        self.value: dict[str, str] = {}
        self.start = time.monotonic()
        self.tasks: dict[str, TaskID] = {}
        self.live = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            TextColumn("{task.fields[value]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self.all = self.live.add_task(f"all {len(units)} units", total=self.total, value="")

    def __enter__(self) -> ProgressDisplay:
        self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: object, trace: TracebackType | None
    ) -> None:
        self.live.stop()

    def __call__(self, unit: Unit, event: dict[str, Any]) -> None:
        """Take in one event."""
        key = unit.unit_id
        if key not in self.tasks:
            self.tasks[key] = self.live.add_task(unit.label, total=updates(unit), value="")
        if "step" in event:
            self.seen[key] = updates(unit) * event["step"] / event["steps"]
        if self.primary in event.get("values", {}):
            self.value[key] = f"{self.primary} {number(event['values'][self.primary])}"
            over = event["step"] == event["steps"]
            self._line(unit, f"{100 * event['step'] / event['steps']:3.0f}%", self.done + over)
        for word in ("said", "retried", "elsewhere"):
            if word in event:
                self._tell(unit, word, event[word])
        over = "done" in event or "failed" in event
        if over:
            self.done += 1
            self.seen[key] = updates(unit)
        if "failed" in event:
            self.console.print(f"{unit.label} failed: {event['failed']}", style="red")
        task = self.tasks[key]
        self.live.update(
            task, completed=self.seen.get(key, 0), value=self.value.get(key, ""), visible=not over
        )
        self.live.update(
            self.all, completed=sum(self.seen.values()), value=f"{self.done}/{len(self.units)} done"
        )

    def _tell(self, unit: Unit, word: str, what: str) -> None:
        """Print what happened to a unit, once."""
        line = {
            "said": what,
            "retried": f"{unit.label} is tried again: {what}",
            "elsewhere": f"{unit.label}: another process is at work on it",
        }[word]
        if line not in self.told:
            self.told.add(line)
            self.console.print(line)

    def _line(self, unit: Unit, share: str, done: int) -> None:
        if self.console.is_terminal:
            return
        elapsed = time.monotonic() - self.start
        part = sum(self.seen.values()) / self.total
        known = part > LEAST_PART  # what comes before training is no measure of it
        left = f", about {elapsed * (1 - part) / part / 60:.1f} min left" if known else ""
        self.console.print(
            f"[{done}/{len(self.units)}] {unit.label}: {share}, {self.value[unit.unit_id]}"
            f" ({elapsed / 60:.1f} min{left})",
        )
