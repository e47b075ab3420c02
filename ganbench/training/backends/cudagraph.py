"""``cudagraph``: the traced step captured as one CUDA graph and launched as a whole.

A step of a small GAN is some hundred kernels of a few microseconds each, which a GPU runs faster
than Python launches them. A graph is launched once a step. It reads and writes fixed memory: batch,
noise and hyper-parameters are copied there, and the new state lies where the old one did.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ganbench.core.kinds import Backend
from ganbench.core.lazy import torch
from ganbench.core.registry import register
from ganbench.training.backends._steps import Step
from ganbench.training.backends.traced import OrTraced

WARM_UP = 3  # calls before the capture, in which libraries take their memory


def capture(function: Callable[[], Any]) -> tuple[Callable[[], None], Any]:
    """Return what does again all that ``function()`` does on the device, and its result.

    The result's memory is written anew at every replay.

    Raises:
        RuntimeError: the function waits for the device, or something else that no graph can hold.
    """
    ours, side = torch.cuda.current_stream(), torch.cuda.Stream()
    side.wait_stream(ours)
    with torch.cuda.stream(side):
        for _ in range(WARM_UP):
            function()
    ours.wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = function()
    return graph.replay, result


def check_device(device: torch.device) -> None:
    """Raise ``RuntimeError`` where there are no graphs."""
    if device.type != "cuda":
        raise RuntimeError(f"there are no CUDA graphs on {device.type}")


def replayed(step: Step, inputs: Any) -> Step:
    """Return ``step`` captured for inputs like these; it overwrites the state it is given."""
    leaves, tree_map = torch.utils._pytree.tree_leaves, torch.utils._pytree.tree_map
    given = tree_map(torch.clone, tuple(inputs))
    state, beside = leaves(given[0]), leaves(given[1:])

    def in_place() -> Any:
        new, log = step(*given)
        own = {id(leaf) for leaf in state}
        moved = [x.clone() if id(x) in own else x for x in leaves(new)]
        for old, x in zip(state, moved, strict=True):
            old.copy_(x)
        return log

    replay, log = capture(in_place)

    def run(*inputs: Any) -> Any:
        if inputs[0] is not given[0]:
            torch._foreach_copy_(state, leaves(inputs[0]))
        torch._foreach_copy_(beside, leaves(inputs[1:]))
        replay()
        return given[0], log

    return run


class GraphStep(OrTraced):
    """The step of a population, captured at its first call; traced where that fails."""

    def build(self, reference: Step, inputs: Any) -> Step:
        """Return the captured step."""
        check_device(inputs[1].device)
        run = super().build(reference, inputs)
        self.overwrites = True
        return replayed(run, inputs)


register(
    Backend(
        name="cudagraph",
        compile=GraphStep,
        summary="the traced step as one CUDA graph, launched at once; on a GPU only",
        default_from={"cuda": 200},
    )
)
