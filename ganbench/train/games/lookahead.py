"""Games that look ahead: extragradient, extrapolation from the past, optimism.

In all three, ``d_steps`` > 1 means so many rounds of D by itself, by the same rule with G at rest;
the last round is the joint one, from one point for both players.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ganbench.spec import Params
from ganbench.train.games._game import Memory, Noises, d_noise, mean
from ganbench.train.step import (
    Hyper,
    Log,
    Problem,
    State,
    d_apply,
    d_gradient,
    d_move,
    d_project,
    g_apply,
    g_average,
    g_gradient,
    g_move,
)


def at_rest(g: Params, d: Params) -> Memory:
    """Return steps of zero, the memory before the first one."""
    zeros = torch.zeros_like
    return {"g": {k: zeros(p) for k, p in g.items()}, "d": {k: zeros(p) for k, p in d.items()}}


def _minus(a: Params, b: Params) -> Params:
    return {key: value - b[key] for key, value in a.items()}


def extragradient(
    problem: Problem, state: State, real: Tensor, noise: Noises, hyper: Hyper
) -> tuple[State, Log]:
    """Step with the gradient at the point that a trial step leads to.

    w' = w - lr v(w), then w - lr v(w'). Korpelevich 1976; Gidel 2019 (1802.10551), sec. 3.1.
    With Adam it is ExtraAdam (Gidel 2019, Algorithm 4): the trial step moves the moments, the real
    step starts from the moved ones. Both use the same batch and noise, so that a step costs no more
    data than another game's. Constraints act on the trial point too; their own state, and the
    average of G, move with real steps alone.
    """
    logs = []
    for i in range(problem.variant.d_steps):
        given, before = d_noise(noise, i), state
        grads, log = d_gradient(problem, before, real[i], given, hyper)
        ahead = d_apply(problem, before, grads, log, hyper)
        if i == problem.variant.d_steps - 1:
            grads, _ = g_gradient(problem, before, real[i], noise["g"], hyper)
            ahead = g_apply(problem, ahead, grads, hyper)
        grads, log = d_gradient(problem, ahead, real[i], given, hyper)
        back = before._replace(g_opt=ahead.g_opt, d_opt=ahead.d_opt)
        state = d_apply(problem, back, grads, log, hyper)
        logs.append(log)
    grads, g_log = g_gradient(problem, ahead, real[-1], noise["g"], hyper)
    return g_apply(problem, state, grads, hyper), mean(logs) | g_log


def past_extragradient(
    problem: Problem, state: State, real: Tensor, noise: Noises, hyper: Hyper
) -> tuple[State, Log]:
    """Extragradient whose trial step repeats the last real step: one gradient per step.

    w' = w - lr v(last w'), then w - lr v(w'). Popov 1980; Gidel 2019 (1802.10551), sec. 3.2.
    The memory holds the optimiser's whole last step, so that each gradient enters its moments once.
    Constraints act on the trial point too, their own state moves with real steps alone.
    """
    logs = []
    for i in range(problem.variant.d_steps):
        before, past = state, state.game
        tried = d_project(problem, before._replace(d=_minus(before.d, past["d"])), hyper)
        ahead = before._replace(d=tried.d)
        if i == problem.variant.d_steps - 1:
            ahead = ahead._replace(g=_minus(before.g, past["g"]))
        grads, log = d_gradient(problem, ahead, real[i], d_noise(noise, i), hyper)
        moved = d_move(problem, before, grads, log, hyper)
        memory = {"g": past["g"], "d": _minus(before.d, moved.d)}
        state = d_project(problem, moved, hyper)._replace(game=memory)
        logs.append(log)
    grads, g_log = g_gradient(problem, ahead, real[-1], noise["g"], hyper)
    moved = g_move(problem, state, grads, hyper)
    memory = {"g": _minus(state.g, moved.g), "d": state.game["d"]}
    return g_average(problem, moved)._replace(game=memory), mean(logs) | g_log


def _optimistic(old: Params, moved: Params, past: Params) -> tuple[Params, Params]:
    """Return ``old - 2 u + past`` and the new ``u``, the optimiser's step from old to moved."""
    step = _minus(old, moved)
    return {k: p - 2 * step[k] + past[k] for k, p in old.items()}, step


def optimistic(
    problem: Problem, state: State, real: Tensor, noise: Noises, hyper: Hyper
) -> tuple[State, Log]:
    """Step twice along the new direction and back along the last: w - 2 u + last u.

    With SGD u = lr v(w): optimistic mirror descent; with Adam u is its step: Optimistic Adam.
    Daskalakis et al. 2018, arXiv:1711.00141, Algorithm 1. The memory holds u, zero at
    first.
    """
    logs = []
    for i in range(problem.variant.d_steps):
        before, past = state, state.game
        grads, log = d_gradient(problem, before, real[i], d_noise(noise, i), hyper)
        moved = d_move(problem, before, grads, log, hyper)
        params, step = _optimistic(before.d, moved.d, past["d"])
        state = d_project(problem, moved._replace(d=params), hyper)
        state = state._replace(game={"g": past["g"], "d": step})
        logs.append(log)
    grads, g_log = g_gradient(problem, before, real[-1], noise["g"], hyper)
    moved = g_move(problem, state, grads, hyper)
    params, step = _optimistic(state.g, moved.g, state.game["g"])
    state = g_average(problem, moved._replace(g=params))
    return state._replace(game={"g": step, "d": state.game["d"]}), mean(logs) | g_log
