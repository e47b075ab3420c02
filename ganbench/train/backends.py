"""How a step of a whole population is executed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.func import vmap
from torch.utils._pytree import tree_map

from ganbench.spec import Arch
from ganbench.train.games import find
from ganbench.train.step import Problem, State

Run = Callable[[State, Tensor, dict[str, Any], dict[str, Tensor]], tuple[State, dict[str, Tensor]]]


def eager(problem: Problem) -> Run:
    """Return the lane's step vectorised over the leading axis: the reference semantics."""
    return vmap(partial(find(problem.game).step, problem), randomness="error")  # type: ignore[no-any-return]


def loop(problem: Problem) -> Run:
    """Return the lane's step done for one lane after the other.

    A CPU does convolutions and large dense layers no faster for many lanes at once, and faster
    without the vectorisation's overhead.
    """
    step = partial(find(problem.game).step, problem)

    def run(state: State, real: Tensor, noise: dict, hyper: dict) -> tuple[State, dict]:
        lanes = [
            step(*tree_map(lambda x, k=k: x[k], (state, real, noise, hyper)))
            for k in range(len(real))
        ]
        if len(lanes) == 1:
            return tree_map(lambda x: x[None], lanes[0])  # type: ignore[no-any-return]
        return tree_map(lambda *leaves: torch.stack(leaves), *lanes)  # type: ignore[no-any-return]

    return run


BACKENDS: dict[str, Callable[[Problem], Run]] = {"eager": eager, "loop": loop}


def choose(backend: str, arch: Arch, device: str) -> str:
    """Return ``backend``, or the faster one for the architecture and device if it is ``auto``."""
    if backend != "auto":
        return backend
    return "eager" if arch.vectorise or device != "cpu" else "loop"


def freeze(ok: Tensor, new: State, old: State) -> State:
    """Return ``new`` in the lanes where ``ok [L]`` and ``old`` in the others, untouched."""
    if ok.device.type == "cpu" and bool(ok.all()):
        return new  # reading a flag costs nothing on the CPU; elsewhere it would wait

    def select(a: Tensor, b: Tensor) -> Tensor:
        return torch.where(ok.reshape(-1, *(1 for _ in a.shape[1:])), a, b)

    return tree_map(select, new, old)  # type: ignore[no-any-return]
