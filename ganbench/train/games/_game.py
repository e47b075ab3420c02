"""What a game algorithm is, and what several of them share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ganbench.spec import Params
from ganbench.train.step import Log, State

Noises = dict[str, dict[str, Tensor]]
Memory = dict[str, Params]


def nothing(g: Params, d: Params) -> Memory:
    """Return the memory of a game that keeps none."""
    return {}


@dataclass(frozen=True)
class Game:
    """A game algorithm.

    Attributes:
        step: ``(problem, state, real [d_steps, B, ...], noise, hyper) -> (state, log)``, pure, for
            one lane: one generator update, and ``d_steps`` of the discriminator.
        init: ``(g, d) -> memory``, what the game keeps from step to step in ``state.game``.
        hyper: its own hyper-parameters (may differ per lane), with their defaults.
    """

    step: Callable[..., tuple[State, Log]]
    init: Callable[[Params, Params], Memory] = nothing
    hyper: Mapping[str, float] = field(default_factory=dict)


def mean(logs: list[Log]) -> Log:
    """Return the mean of the logs of several updates."""
    return {key: torch.stack([log[key] for log in logs]).mean(0) for key in logs[0]}


def d_noise(noise: Noises, i: int) -> dict[str, Tensor]:
    """Return the noise of the ``i``-th discriminator update of a step."""
    return {name: value[i] for name, value in noise["d"].items()}
