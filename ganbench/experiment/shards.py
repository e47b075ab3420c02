"""Shards: the part of a plan's units that one of several processes or machines executes.

All make the same list of units of the same ``plan.json``, and take every N-th of it: so each has
long and short trainings. Who takes what others left (``follow``) leaves alone what another one
trains now, by the leases of the run directory, and what ended, well or not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Where
from ganbench.core.limits import MOST_SHARDS
from ganbench.core.printable import shown
from ganbench.experiment.plan import Plan
from ganbench.experiment.plan_files import read_plan
from ganbench.experiment.records import Unit
from ganbench.experiment.resolve import load_data
from ganbench.experiment.run import Failed, check_protocols, opened, run_units
from ganbench.experiment.store import Store

SHARD = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")


class Shard(NamedTuple):
    """The ``number``-th of so many parts, from 1."""

    number: int
    parts: int

    def __str__(self) -> str:
        return f"{self.number}/{self.parts}"

    def of(self, units: Sequence[Unit]) -> list[Unit]:
        """Return the units of this part."""
        return list(units[self.number - 1 :: self.parts])


def parse_shard(text: str) -> Shard:
    """Return the shard that ``I/N`` says.

    Raises:
        UsageError: it says none, or I is not from 1 to N.
    """
    match = SHARD.fullmatch(text)
    if match is None:
        raise UsageError(f"--shard is '{shown(text)}': I/N needed, such as 1/4")
    shard = Shard(int(match[1]), int(match[2]))
    if not 1 <= shard.number <= shard.parts <= MOST_SHARDS:
        raise UsageError(f"--shard is {shard}: from 1/N to N/N needed, N at most {MOST_SHARDS:,}")
    return shard


class Worked(NamedTuple):
    """What a worker did: its units, those that failed, and how many trainings have no result."""

    units: list[Unit]
    failed: list[Failed]
    left: int


def work(
    path: str | Path,
    shard: str = "1/1",
    follow: bool = False,
    where: Where = Where(),  # noqa: B008 (frozen)
    data_dir: str | None = None,
    progress: Callable[[Unit, dict[str, Any]], None] | None = None,
    announce: Callable[[Plan, list[Unit]], None] = lambda plan, units: None,
) -> Worked:
    """Execute a part of the plan in ``path``, whose folder is the run directory.

    Args:
        shard: ``I/N``: the I-th of N parts. follow: whether to take what others left after it.
        data_dir: where the data are on this machine, if not where they always are.
        announce: is called with the plan and the units before the first starts.

    Raises:
        UsageError: the plan cannot be used here, or the directory cannot be written.
    """
    part, plan = parse_shard(shard), read_plan(Path(path), data_dir)
    store = opened(Path(path).parent, where)
    with store.shared():
        units = units_of(plan, store, part, follow)
        if units:
            load_data(plan.trainings[0])  # or they are others than those that it was made for
            check_protocols(plan, store)
        announce(plan, units)
        failed = run_units(
            units, store, where, progress, timeout=plan.unit_timeout,
            done=newly_settled(units, store),
        )  # fmt: skip
        left = sum(len(unit.seeds) for unit in plan.units(store.ended()))
    return Worked(units, failed, left)


def units_of(plan: Plan, store: Store, shard: Shard, follow: bool) -> list[Unit]:
    """Return the units of ``shard`` that are not done, and after them what others have not begun.

    Whose record says that it failed is tried again by its own shard alone.
    """
    every = plan.units((), store.begun())
    part = shard.of(every)
    own = [unit for unit in part if not store.all_done(unit)]
    mine = {unit.unit_id for unit in part}
    turn = shard.number * len(every) // shard.parts  # so that not all follow in the same order
    rest = [unit for unit in every[turn:] + every[:turn] if unit.unit_id not in mine]
    return own + [unit for unit in rest if follow and not store.settled(unit)]


def newly_settled(units: Sequence[Unit], store: Store) -> Callable[[Unit], bool]:
    """Return ``unit -> whether it ended``, well or not, since now, or was done before."""
    again = {unit.unit_id for unit in units if store.settled(unit)}  # that failed before

    def settled(unit: Unit) -> bool:
        return store.all_done(unit) if unit.unit_id in again else store.settled(unit)

    return settled
