"""Step after step: a lane whose step gives NaN stays as it was before that step, and is frozen.

Whether a step was finite is asked after each on a CPU. A GPU works while Python goes on, and to ask
is to wait for it: it is given ``AHEAD`` steps at a time, and does them again, one by one, if a lane
diverged among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from ganbench.training.state import copied, freeze
from ganbench.training.streams import CHUNK

if TYPE_CHECKING:
    from ganbench.training.population import Population

AHEAD = CHUNK  # steps


def advance(population: Population, steps: int) -> None:
    """Do ``steps`` generator updates; stops early once every lane has diverged."""
    end, on_cpu = population.step + steps, population.device.type == "cpu"
    while population.step < end:
        ahead = min(AHEAD, end - population.step)
        if not (ahead > 1 and runs_ahead(population) and _several(population, ahead)):
            _one(population)
        if on_cpu and not bool(population.alive.any()):
            return


def runs_ahead(population: Population) -> bool:
    """Return whether several steps are launched before their results are looked at."""
    return population.overwrites and population.device.type != "cpu"


def _one(population: Population) -> None:
    overwrites, alive = population.overwrites, population.alive
    before = population.last_finite.before(population) if overwrites else population.state
    new, logs, finite = population.try_step(population.state, population.step)
    ok = alive & finite
    if overwrites and not torch.equal(ok, alive):
        before = population.last_finite.again(population)
        new, logs, _ = population.try_step(copied(before), population.step)
    population.state = freeze(ok, new, before, look=overwrites)
    population.diverged_at = torch.where(alive & ~ok, population.step, population.diverged_at)
    population.alive = ok
    population.logs.append(logs)
    population.step += 1


def _several(population: Population, steps: int) -> bool:
    """Do ``steps`` without waiting for the device, and return True; or none, if a lane diverges."""
    before, state = population.last_finite.before(population), population.state
    logs, ok = [], population.alive
    for step in range(population.step, population.step + steps):
        state, log, finite = population.try_step(state, step)
        logs.append(log)
        ok = ok & finite
    if not torch.equal(ok, population.alive):
        population.state = population.last_finite.again(population)
        return False
    population.state = freeze(ok, state, before, look=True)
    population.logs += logs
    population.step += steps
    return True
