"""``traced``: the same operations as ``reference``, recorded once and then called in a row.

Most of the time that a step loses to Python goes to ``torch.func``'s nested transforms, autograd's
graph and the dictionaries of parameters. None of it depends on values, so that the list of kernel
calls that comes out of it (``_graph.py``) is the step.
"""

from __future__ import annotations

from typing import Any

from ganbench.core.kinds import Backend
from ganbench.core.lazy import torch
from ganbench.core.registry import register
from ganbench.training.backends._steps import Step, for_all


class TracedStep:
    """The step of a population, traced at its first call.

    Attributes:
        fell_back: why another backend executes the step; empty where it does not.
        overwrites: whether the state that it is given is overwritten; before the first call it may
            be.
    """

    def __init__(self, step: Step, together: bool) -> None:
        self.step, self.together, self.fell_back = step, together, ""
        self.overwrites = True
        self.run: Step | None = None

    def __call__(self, *inputs: Any) -> Any:
        """Return the new state and the log, leaves ``[L, ...]``."""
        if self.run is None:
            self.run = self._prepare(inputs)
        return self.run(*inputs)

    def _prepare(self, inputs: Any) -> Step:
        """Return the traced step, or the reference where it cannot be traced or differs."""
        reference = for_all(self.step, self.together)
        expected = reference(*inputs)
        try:
            run = self.build(reference, inputs)
            same = self.agree(run(*torch.utils._pytree.tree_map(torch.clone, inputs)), expected)
        except Exception as error:  # whatever a method does that a trace cannot hold
            self.fell_back = f"{type(error).__name__}: {str(error).splitlines()[0][:200]}"
        else:
            self.fell_back = "" if same else "its first step gave other values than the reference"
        if not self.fell_back:
            return run
        self.overwrites = False
        return reference

    def build(self, reference: Step, inputs: Any) -> Step:
        """Return the traced step."""
        from ganbench.training.backends._graph import trace

        lane = not self.together
        run, self.overwrites = trace(self.step if lane else reference, inputs, lane)
        return one_by_one(run) if lane else run

    def agree(self, ours: Any, theirs: Any) -> bool:
        """Return whether two results have the same bits; on a GPU, which adds in any order, close.

        Some of its convolutions give other bits each time.
        """
        if theirs[1]["d_loss"].device.type != "cpu":
            return close(ours, theirs)
        leaves = torch.utils._pytree.tree_leaves
        return all(
            torch.equal(a.nan_to_num(), b.nan_to_num()) and torch.equal(a.isnan(), b.isnan())
            for a, b in zip(leaves(ours), leaves(theirs), strict=True)
        )


class OrTraced(TracedStep):
    """A step that is made of the traced one, and traced where that cannot be."""

    def _prepare(self, inputs: Any) -> Step:
        run = super()._prepare(inputs)
        if not self.fell_back:
            return run
        self.overwrites = True
        return TracedStep(self.step, self.together)

    def agree(self, ours: Any, theirs: Any) -> bool:
        """Return whether two results are equal but for rounding."""
        return close(ours, theirs)


def close(ours: Any, theirs: Any) -> bool:
    """Return whether the losses, outputs and norms of gradients are equal but for rounding.

    Adam turns a gradient of pure rounding noise into a full step, so that weights say nothing.
    """
    return all(
        torch.allclose(ours[1][key], value, rtol=1e-3, atol=1e-5, equal_nan=True)
        for key, value in theirs[1].items()
    )


def one_by_one(step: Step) -> Step:
    """Return ``step``, which takes inputs ``[1, ...]``, done for one lane after the other."""

    def run(*inputs: Any) -> Any:
        lanes = len(inputs[1])
        if lanes == 1:
            return step(*inputs)
        tree_map = torch.utils._pytree.tree_map
        parts = [step(*tree_map(lambda x, k=k: x[k : k + 1], inputs)) for k in range(lanes)]
        return tree_map(lambda *leaves: torch.cat(leaves), *parts)

    return run


register(
    Backend(
        name="traced",
        compile=TracedStep,
        summary="the same operations without Python between them; equal to the last bit",
        default_from={"cpu": 200},
    )
)
