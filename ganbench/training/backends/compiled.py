"""``compiled``: the traced step as machine code, by torch's inductor; needs a C++ compiler.

Element-wise operations between two products become one pass over memory. Compiling takes 5 s to a
minute for each variant and architecture; its results are kept on the disk, for other seeds and
processes. Values differ from the reference's by rounding. On a GPU, where it needs Triton, the
machine code is launched as one CUDA graph.
"""

from __future__ import annotations

import os
from typing import Any

from ganbench.core import cache
from ganbench.core.kinds import Backend
from ganbench.core.lazy import torch
from ganbench.core.registry import register
from ganbench.methods.optimisers import adam_written_out
from ganbench.training.backends._steps import Step
from ganbench.training.backends.cudagraph import replayed
from ganbench.training.backends.traced import OrTraced, one_by_one


def _adam(
    params: list[Any], grads: list[Any], m: list[Any], v: list[Any], rates: list[Any], eps: float
) -> list[Any]:
    """Write the fused update out, so that it is compiled with what surrounds it."""
    moved = []
    for p, g, first, second in zip(params, grads, m, v, strict=True):
        alike = p.shape[:1] + (1,) * (p.ndim - 1)  # rates of lanes are [L], or there are none
        own = [rate.reshape(alike) if rate.ndim else rate for rate in rates]
        moved.append(adam_written_out(p, g, first, second, own, eps))
    return [each[i] for i in range(3) for each in moved]


class CompiledStep(OrTraced):
    """The step of a population, compiled at its first call; traced where that fails."""

    def build(self, reference: Step, inputs: Any) -> Step:
        """Return the compiled step."""
        from ganbench.training.backends._graph import ADAM, in_trees, record

        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(cache.folder() / "inductor"))
        lane = not self.together
        graph, result = record(self.step if lane else reference, inputs, lane, {ADAM: _adam})
        leaves = torch.utils._pytree.tree_leaves(inputs)
        leaves = [(x[0] if lane else x).contiguous() for x in leaves]
        compiled = torch._inductor.compile(graph, leaves)
        run = in_trees(compiled, inputs, result, lane)

        def without_gradients(*inputs: Any) -> Any:
            with torch.no_grad():
                return run(*inputs)

        done = one_by_one(without_gradients) if lane else without_gradients
        self.overwrites = leaves[0].device.type != "cpu"
        return replayed(done, inputs) if self.overwrites else done


register(
    Backend(
        name="compiled",
        compile=CompiledStep,
        summary="machine code by torch's inductor, for long trainings; equal but for rounding",
        default_from={"cpu": 50_000, "cuda": 10_000},
    )
)
