"""``loop``: the lane's step for one lane after the other.

A CPU does convolutions and large dense layers no faster for many lanes at once, and faster without
the vectorisation's overhead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ganbench.core.kinds import Backend
from ganbench.core.lazy import torch
from ganbench.core.registry import register


def compile_step(step: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``step`` done for each lane in turn, ``[L, ...] -> [L, ...]``."""

    def run(state: Any, real: Any, noise: Any, hyper: Any) -> Any:
        tree_map = torch.utils._pytree.tree_map
        lanes = [
            step(*tree_map(lambda x, k=k: x[k], (state, real, noise, hyper)))
            for k in range(len(real))
        ]
        if len(lanes) == 1:
            return tree_map(lambda x: x[None], lanes[0])
        return tree_map(lambda *leaves: torch.stack(leaves), *lanes)

    return run


register(
    Backend(
        name="loop",
        compile=compile_step,
        summary="lane by lane; for convolutions and large dense layers on a CPU",
        together=False,
    )
)
