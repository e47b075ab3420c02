"""``reference``: the step as it is written, operation by operation."""

from __future__ import annotations

from ganbench.core.kinds import Backend
from ganbench.core.registry import register
from ganbench.training.backends._steps import Step, for_all


def compile_step(step: Step, together: bool) -> Step:
    """Return the step of a population; nothing is prepared."""
    return for_all(step, together)


register(
    Backend(
        name="reference",
        compile=compile_step,
        summary="the step as it is written; what the others are compared with",
        default_from={"cpu": 0, "cuda": 0},
    )
)
