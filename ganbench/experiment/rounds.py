"""Rounds of growing budgets for a given time, breadth first.

Each round trains every variant and seed to the same generator updates, going on from the round
before, and ends with a complete leaderboard. The last round is made as large as the time allows.
Where much time is left that is too short for a whole round, as measuring alone takes longer, one is
begun all the same: it is stopped when the time is over, and the next call goes on with it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from ganbench.core import stopping
from ganbench.core.errors import Interrupted
from ganbench.experiment.plan import Plan
from ganbench.experiment.records import Measurement, Record
from ganbench.experiment.store import Store

FIRST = 50  # generator updates of the first round
MOST_GROWTH = 4  # times the updates of the round before
SAFE = 0.95  # of the time left, that the last round is meant to take
LEAST_GROWTH = 1.05  # of the updates, for which another round is worth its overhead
LATE = 1.05  # of the whole time, at which an unfinished round is stopped
WORTH = 0.1  # of the whole time: if more is left, a round is begun that does not fit


T = TypeVar("T")


class Round(NamedTuple):
    """A complete round: to how many updates, how many it added, its seconds, those of measuring."""

    steps: int
    added: int
    seconds: float
    measuring: float


@dataclass
class Rounds:
    """The rounds so far, and how large the next may be.

    Attributes:
        seconds: of all rounds together.
        clock: of which the differences are seconds.
    """

    seconds: float
    clock: Callable[[], float] = time.monotonic
    done: list[Round] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start = self.round_start = self.clock()
        self.complete = False  # whether a round ended

    @property
    def spent(self) -> float:
        """Seconds since the first round began."""
        return self.clock() - self.start

    @property
    def late(self) -> bool:
        """Whether the time is over and a round is complete."""
        return self.complete and self.spent > LATE * self.seconds

    def check(self) -> None:
        """Ask this process to stop where it is late: what is trained is kept to go on with."""
        if self.late:
            stopping.ask()

    def run(self, run_to: Callable[[int], tuple[T, float]]) -> T:
        """Train in rounds, and return what the last complete one gave.

        Where an earlier call ended, and no time is left for more, that is its last round.

        Args:
            run_to: ``generator updates -> (what it gives, seconds of measuring)``.
        """
        last: T | None = None
        while (steps := self.next_steps()) is not None or last is None:
            steps = steps or self.done[-1].steps
            try:
                with stopping.asked_by_others():
                    last, measuring = run_to(steps)
            except Interrupted:
                if not self.late:
                    raise
                break
            self._finish(steps, measuring)
        assert last is not None  # a first round is not stopped
        return last

    def _finish(self, steps: int, measuring: float) -> None:
        now = self.clock()
        added = steps - (self.done[-1].steps if self.done else 0)
        if added:  # or an earlier call had done it
            self.done.append(Round(steps, added, now - self.round_start, measuring))
        self.round_start = now
        self.complete = True

    def next_steps(self) -> int | None:
        """Return the generator updates of the next round, or None if there is no time for one.

        What the last round took beside measuring is taken for the time of its updates, and a bit of
        it was not: so rounds rather end early than late.
        """
        if not self.done:
            return FIRST
        last = self.done[-1]
        rate = max(last.seconds - last.measuring, 1e-9) / max(last.added, 1)
        left = SAFE * (self.seconds - self.spent) - last.measuring
        fit = last.steps + max(0.0, left) / rate
        if fit < LEAST_GROWTH * last.steps:
            worth = self.complete and self.spent < (1 - WORTH) * self.seconds
            return 2 * last.steps if worth else None
        # A multiple of the updates before keeps its checkpoints; after it as many must fit again.
        times = min(MOST_GROWTH, math.floor(fit / last.steps / 2))
        return times * last.steps if times >= 2 else int(fit)


def last_round(plan: Plan, store: Store, workers: int) -> list[Round]:
    """Return the largest budget to which all of ``plan`` is trained; or nothing.

    Args:
        plan: with any budget in generator updates.
    """
    names = {t.variant for t in (*plan.trainings, *plan.controls)}
    needed = sum(len(plan.seeds_of(t)) for t in (*plan.trainings, *plan.controls))
    rounds: dict[int, list[Measurement | None]] = {}
    for record in store.records(curves=False):
        own = record.training
        if own.dataset == plan.dataset.name and own.variant in names and record.status != "failed":
            rounds.setdefault(own.steps, []).append(_last(record))
    complete = [steps for steps, measured in rounds.items() if len(measured) >= needed]
    if not complete:
        return []
    steps = max(complete)
    last = [m for m in rounds[steps] if m is not None]
    measuring = sum(m.eval_s for m in last) / workers
    return [Round(steps, steps, sum(m.train_s for m in last) / workers + measuring, measuring)]


def _last(record: Record) -> Measurement | None:
    return record.measurements[-1] if record.measurements else None
