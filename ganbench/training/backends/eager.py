"""``eager``: the lane's step vectorised over the leading axis. The reference semantics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ganbench.core.kinds import Backend
from ganbench.core.lazy import func
from ganbench.core.registry import register


def compile_step(step: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``step`` for all lanes at once; a step that draws randomness raises."""
    return func.vmap(step, randomness="error")


register(
    Backend(
        name="eager",
        compile=compile_step,
        summary="vmap over lanes, the reference; for small dense networks, and on CUDA",
        together=True,
    )
)
