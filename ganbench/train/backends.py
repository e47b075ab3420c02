"""How a step of a whole population is executed. ``eager`` is the reference semantics."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.func import vmap
from torch.utils._pytree import tree_map

from ganbench.train.games import GAMES
from ganbench.train.step import Problem, State


def eager(problem: Problem) -> Callable:
    """Return the population's step: the lane's step, vectorised over the leading axis.

    A single lane skips the vectorisation, which is the same arithmetic without the overhead.
    """
    step = partial(GAMES[problem.game], problem)
    many = vmap(step, randomness="error")

    def run(state: State, real: Tensor, noise: dict, hyper: dict) -> tuple[State, dict]:
        if len(real) > 1:
            return many(state, real, noise, hyper)
        one = step(*tree_map(lambda x: x[0], (state, real, noise, hyper)))
        return tree_map(lambda x: x[None], one)

    return run


def freeze(ok: Tensor, new: State, old: State) -> State:
    """Return ``new`` in the lanes where ``ok [L]`` and ``old`` in the others, untouched."""
    if ok.device.type == "cpu" and bool(ok.all()):
        return new  # reading a flag costs nothing on the CPU; elsewhere it would wait

    def choose(a: Tensor, b: Tensor) -> Tensor:
        return torch.where(ok.reshape(-1, *(1 for _ in a.shape[1:])), a, b)

    return tree_map(choose, new, old)


BACKENDS: dict[str, Callable[[Problem], Callable]] = {"eager": eager}
