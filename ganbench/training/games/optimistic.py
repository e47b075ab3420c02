"""Optimistic mirror descent and Optimistic Adam. Daskalakis et al. 2018, arXiv:1711.00141.

With ``d_steps`` > 1, D makes d_steps - 1 rounds by itself, by the same rule with G at rest; the
last round is the joint one, from one point for both players.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core.kinds import Game, Paper, Params
from ganbench.core.registry import register
from ganbench.training.games._game import GameNoise, at_rest, d_noise, mean, minus
from ganbench.training.state import Hyper, Log, Problem, State
from ganbench.training.step import (
    d_descend,
    d_gradient,
    d_project,
    g_average,
    g_descend,
    g_gradient,
)

if TYPE_CHECKING:
    from torch import Tensor


def _optimistic(old: Params, moved: Params, past: Params) -> tuple[Params, Params]:
    """Return ``old - 2 u + past`` and the new ``u``, the optimiser's step from old to moved."""
    step = minus(old, moved)
    return {k: p - 2 * step[k] + past[k] for k, p in old.items()}, step


def optimistic(
    problem: Problem, state: State, real: Tensor, noise: GameNoise, hyper: Hyper
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
        moved = d_descend(problem, before, grads, log, hyper)
        params, step = _optimistic(before.d, moved.d, past["d"])
        state = d_project(problem, moved._replace(d=params), hyper)
        state = state._replace(game={"g": past["g"], "d": step})
        logs.append(log)
    grads, g_log = g_gradient(problem, before, real[-1], noise["g"], hyper)
    moved = g_descend(problem, state, grads, hyper)
    params, step = _optimistic(state.g, moved.g, state.game["g"])
    state = g_average(problem, moved._replace(g=params))
    return state._replace(game={"g": step, "d": state.game["d"]}), mean(logs) | g_log


register(
    Game(
        name="optimistic",
        step=optimistic,
        summary="twice the new step, less the last one",
        paper=Paper("Training GANs with Optimism", "Daskalakis et al.", 2018, arxiv="1711.00141"),
        init=at_rest,
    )
)
