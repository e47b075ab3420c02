"""The state from before a lane diverged, where steps overwrite the state that they are given.

A lane that turns NaN keeps the state from before that step. An optimiser that works in place has
destroyed it by then. Keeping a copy of every state would cost what working in place saves; here a
copy is kept every ``EVERY`` steps, and the steps since are done again when a lane diverges: they
are functions of a state and of the number of the step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.training.state import State, copied, freeze

if TYPE_CHECKING:
    from ganbench.training.population import Population

EVERY = 64


class LastFinite:
    """The last copy of a population's state, in which diverged lanes are as they will stay.

    Attributes:
        step, state: of the copy; None before the first.
    """

    def __init__(self) -> None:
        self.step = 0
        self.state: State | None = None

    def before(self, population: Population) -> State:
        """Return the last copy; copy the present state first if it is time to."""
        if self.state is None or population.step - self.step >= EVERY:
            self.step, self.state = population.step, copied(population.state)
        return self.state

    def again(self, population: Population) -> State:
        """Return the state before the population's present step, which has overwritten it."""
        assert self.state is not None
        state = copied(self.state)
        for step in range(self.step, population.step):
            new, _, _ = population.try_step(state, step)
            state = freeze(population.alive, new, self.state)
        self.step, self.state = population.step, copied(state)
        return self.state
