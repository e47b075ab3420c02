"""Rounds of growing budgets for a given time, breadth first.

Each round trains every variant and seed to the same generator updates, going on from the round
before, and ends with a complete leaderboard. The last round is made as large as the time allows.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from ganbench.core.errors import UsageError
from ganbench.experiment.plan import Plan
from ganbench.experiment.store import Store

FIRST = 50  # generator updates of the first round
MOST_GROWTH = 4  # times the updates of the round before
SAFE = 0.95  # of the time left, that the last round is meant to take
LEAST_GROWTH = 1.05  # of the updates, for which another round is worth its overhead
LATE = 1.05  # of the whole time, at which an unfinished round is stopped
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


T = TypeVar("T")


class OutOfTime(BaseException):
    """The time is over: the round that is not finished is stopped, and may go on another day."""


def parse_duration(text: str) -> float:
    """Return the seconds of ``90s``, ``5m``, ``2h``, ``1d`` or ``1h30m``.

    Raises:
        UsageError: something else, or no time at all.
    """
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhd])", text)
    seconds = sum(float(n) * SECONDS[unit] for n, unit in parts)
    if "".join(n + unit for n, unit in parts) != text or not seconds > 0:
        raise UsageError(f"--for is {text!r}: a time such as 90s, 5m, 2h or 1h30m needed")
    return seconds


@dataclass
class Rounds:
    """The rounds so far, and how large the next may be.

    Attributes:
        seconds: of all rounds together.
        clock: of which the differences are seconds.
        done: ``(generator updates, seconds of that round)``.
    """

    seconds: float
    clock: Callable[[], float] = time.monotonic
    done: list[tuple[int, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start = self.round_start = self.clock()
        self.complete = False  # whether a round ended

    @property
    def spent(self) -> float:
        """Seconds since the first round began."""
        return self.clock() - self.start

    def check(self) -> None:
        """Raise ``OutOfTime`` where the time is over and a round is complete."""
        if self.complete and self.spent > LATE * self.seconds:
            raise OutOfTime

    def run(self, run_to: Callable[[int], T]) -> T:
        """Return what ``run_to(generator updates)`` returned of the last complete round.

        Where an earlier call ended, and no time is left for more, its last round is returned.
        """
        last: T | None = None
        while (steps := self.next_steps()) is not None or last is None:
            steps = steps or self.done[-1][0]
            try:
                last = run_to(steps)
            except OutOfTime:
                break
            self._finish(steps)
        assert last is not None  # a first round is not stopped
        return last

    def _finish(self, steps: int) -> None:
        now = self.clock()
        self.done.append((steps, now - self.round_start))
        self.round_start = now
        self.complete = True

    def next_steps(self) -> int | None:
        """Return the generator updates of the next round, or None if there is no time for one."""
        if not self.done:
            return FIRST
        before = self.done[-1][0]
        fit = before + (SAFE * (self.seconds - self.spent) - self._overhead()) / self._rate()
        if fit < LEAST_GROWTH * before:
            return None
        # A multiple of the updates before keeps its checkpoints; after it as many must fit again.
        times = min(MOST_GROWTH, math.floor(fit / before / 2))
        return times * before if times >= 2 else int(fit)

    def _new_steps(self) -> list[tuple[int, float]]:
        """Return the updates that each round added, with its seconds."""
        steps = [0, *(s for s, _ in self.done)]
        return [(b - a, t) for a, b, (_, t) in zip(steps, steps[1:], self.done, strict=False)]

    def _rate(self) -> float:
        """Return the seconds of one more update of all: from the last two rounds."""
        (one, short), (two, long) = [(0, 0.0), *self._new_steps()][-2:]
        if two > one and long > short:
            return (long - short) / (two - one)
        return long / max(two, 1)

    def _overhead(self) -> float:
        """Return the seconds of a round beside its updates."""
        if len(self.done) < 2:
            return 0.0  # all of the first round's time is taken for that of its updates
        added, seconds = self._new_steps()[-1]
        return max(0.0, seconds - added * self._rate())


def last_round(plan: Plan, store: Store, workers: int) -> list[tuple[int, float]]:
    """Return the largest budget to which all of ``plan`` is trained, with its seconds; or nothing.

    Args:
        plan: with any budget in generator updates.
    """
    names = {t.variant for t in (*plan.trainings, *plan.controls)}
    needed = sum(len(plan.seeds_of(t)) for t in (*plan.trainings, *plan.controls))
    rounds: dict[int, list[float]] = {}
    for record in store.records(curves=False):
        own = record.training
        if own.dataset == plan.dataset.name and own.variant in names and record.status != "failed":
            last = record.measurements[-1] if record.measurements else None
            spent = (last.train_s if last else 0.0) + sum(m.eval_s for m in record.measurements)
            rounds.setdefault(own.steps, []).append(spent)
    complete = [steps for steps, seconds in rounds.items() if len(seconds) >= needed]
    return [(steps, sum(rounds[steps]) / workers) for steps in sorted(complete)[-1:]]
