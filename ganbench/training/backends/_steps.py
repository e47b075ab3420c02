"""From the step of one lane to the step of a population: all lanes at once, or in turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ganbench.core.lazy import func, torch

Step = Callable[..., Any]


def for_all(step: Step, together: bool) -> Step:
    """Return ``step`` of a whole population, leaves ``[L, ...]``.

    A CPU does convolutions and large dense layers no faster for many lanes at once, and faster
    without the overhead of ``vmap``.

    Args:
        together: one vectorised program; a step that draws random numbers then raises.
    """
    return func.vmap(step, randomness="error") if together else in_turn(step)


def in_turn(step: Step) -> Step:
    """Return ``step`` done for one lane after the other."""

    def run(*inputs: Any) -> Any:
        tree_map = torch.utils._pytree.tree_map
        lanes = [step(*tree_map(lambda x, k=k: x[k], inputs)) for k in range(len(inputs[1]))]
        if len(lanes) == 1:
            return tree_map(lambda x: x[None], lanes[0])
        return tree_map(lambda *leaves: torch.stack(leaves), *lanes)

    return run
