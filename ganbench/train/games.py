"""Game algorithms: how the two gradients of a step are combined. An axis of their own.

Each is a pure function ``(problem, state, real [d_steps, B, ...], noise, hyper) -> (state, log)``
for one lane, and one generator update. ``noise["d"]`` has a leading axis of ``d_steps``.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ganbench.train.step import (
    Hyper,
    Log,
    Problem,
    State,
    d_apply,
    d_gradient,
    g_apply,
    g_gradient,
)

Noises = dict[str, dict[str, Tensor]]


def _mean(logs: list[Log]) -> Log:
    return {key: torch.stack([log[key] for log in logs]).mean(0) for key in logs[0]}


def _d_noise(noise: Noises, i: int) -> dict[str, Tensor]:
    return {name: value[i] for name, value in noise["d"].items()}


def alternating(
    problem: Problem, state: State, real: Tensor, noise: Noises, hyper: Hyper
) -> tuple[State, Log]:
    """Update D ``d_steps`` times, then G against the new D. Goodfellow 2014, Algorithm 1."""
    logs = []
    for i in range(problem.variant.d_steps):
        grads, log = d_gradient(problem, state, real[i], _d_noise(noise, i), hyper)
        state = d_apply(problem, state, grads, hyper)
        logs.append(log)
    grads, g_log = g_gradient(problem, state, real[-1], noise["g"], hyper)
    return g_apply(problem, state, grads, hyper), _mean(logs) | g_log


def simultaneous(
    problem: Problem, state: State, real: Tensor, noise: Noises, hyper: Hyper
) -> tuple[State, Log]:
    """Update both from the same point; with ``d_steps`` > 1, the last D update is the joint one.

    Mescheder et al. 2017, section 2 (simultaneous gradient ascent).
    """
    logs = []
    for i in range(problem.variant.d_steps):
        before = state
        d_grads, log = d_gradient(problem, before, real[i], _d_noise(noise, i), hyper)
        state = d_apply(problem, before, d_grads, hyper)
        logs.append(log)
    g_grads, g_log = g_gradient(problem, before, real[-1], noise["g"], hyper)
    return g_apply(problem, state, g_grads, hyper), _mean(logs) | g_log


GAMES: dict[str, Callable[..., tuple[State, Log]]] = {
    "alternating": alternating,
    "simultaneous": simultaneous,
}
