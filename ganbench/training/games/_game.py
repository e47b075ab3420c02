"""What several games share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core.kinds import Params
from ganbench.core.lazy import torch
from ganbench.training.state import Log

if TYPE_CHECKING:
    from torch import Tensor

GameNoise = dict[str, dict[str, "Tensor"]]  # {"d": {name: [d_steps, ...]}, "g": {name: [...]}}
Memory = dict[str, Params]


def mean(logs: list[Log]) -> Log:
    """Return the mean of the logs of several updates."""
    return {key: torch.stack([log[key] for log in logs]).mean(0) for key in logs[0]}


def d_noise(noise: GameNoise, i: int) -> dict[str, Tensor]:
    """Return the noise of the ``i``-th discriminator update of a step."""
    return {name: value[i] for name, value in noise["d"].items()}


def minus(a: Params, b: Params) -> Params:
    """Return ``a - b``."""
    return {key: value - b[key] for key, value in a.items()}


def at_rest(g: Params, d: Params) -> Memory:
    """Return steps of zero, the memory before the first one."""
    zeros = torch.zeros_like
    return {"g": {k: zeros(p) for k, p in g.items()}, "d": {k: zeros(p) for k, p in d.items()}}
