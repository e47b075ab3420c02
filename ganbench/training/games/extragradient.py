"""Extragradient, and extrapolation from the past. Gidel et al. 2019, arXiv:1802.10551.

With ``d_steps`` > 1, D makes d_steps - 1 rounds by itself, by the same rule with G at rest; the
last round is the joint one, from one point for both players.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core.kinds import Game, Paper
from ganbench.core.registry import register
from ganbench.training.games._game import GameNoise, at_rest, d_noise, mean, minus
from ganbench.training.state import Hyper, Log, Problem, State
from ganbench.training.step import (
    d_descend,
    d_gradient,
    d_project,
    d_update,
    g_average,
    g_descend,
    g_gradient,
    g_update,
)

if TYPE_CHECKING:
    from torch import Tensor


PAPER = Paper(
    "A Variational Inequality Perspective on Generative Adversarial Networks",
    "Gidel et al.",
    2019,
    arxiv="1802.10551",
)


def extragradient(
    problem: Problem, state: State, real: Tensor, noise: GameNoise, hyper: Hyper
) -> tuple[State, Log]:
    """Step with the gradient at the point that a trial step leads to.

    w' = w - lr v(w), then w - lr v(w'). Korpelevich 1976; Gidel 2019 (1802.10551), sec. 3.1.
    With Adam it is ExtraAdam (Gidel 2019, Algorithm 4): the trial step moves the moments, the real
    step starts from the moved ones. Both use the same batch and noise, so that a step costs no more
    data than another game's. Constraints act on the trial point too; their own state, and the
    average of G, move only with real steps.
    """
    logs = []
    for i in range(problem.variant.d_steps):
        given, before = d_noise(noise, i), state
        grads, log = d_gradient(problem, before, real[i], given, hyper)
        ahead = d_update(problem, before, grads, log, hyper)
        if i == problem.variant.d_steps - 1:
            grads, _ = g_gradient(problem, before, real[i], noise["g"], hyper)
            ahead = g_update(problem, ahead, grads, hyper)
        grads, log = d_gradient(problem, ahead, real[i], given, hyper)
        back = before._replace(g_opt=ahead.g_opt, d_opt=ahead.d_opt)
        state = d_update(problem, back, grads, log, hyper)
        logs.append(log)
    grads, g_log = g_gradient(problem, ahead, real[-1], noise["g"], hyper)
    return g_update(problem, state, grads, hyper), mean(logs) | g_log


def past_extragradient(
    problem: Problem, state: State, real: Tensor, noise: GameNoise, hyper: Hyper
) -> tuple[State, Log]:
    """Extragradient whose trial step repeats the last real step: one gradient per step.

    w' = w - lr v(last w'), then w - lr v(w'). Popov 1980; Gidel 2019 (1802.10551), sec. 3.2.
    The memory holds the optimiser's whole last step, so that each gradient enters its moments once.
    Constraints act on the trial point too, their own state moves only with real steps.
    """
    logs = []
    for i in range(problem.variant.d_steps):
        before, past = state, state.game
        tried = d_project(problem, before._replace(d=minus(before.d, past["d"])), hyper)
        ahead = before._replace(d=tried.d)
        if i == problem.variant.d_steps - 1:
            ahead = ahead._replace(g=minus(before.g, past["g"]))
        grads, log = d_gradient(problem, ahead, real[i], d_noise(noise, i), hyper)
        moved = d_descend(problem, before, grads, log, hyper)
        memory = {"g": past["g"], "d": minus(before.d, moved.d)}
        state = d_project(problem, moved, hyper)._replace(game=memory)
        logs.append(log)
    grads, g_log = g_gradient(problem, ahead, real[-1], noise["g"], hyper)
    moved = g_descend(problem, state, grads, hyper)
    memory = {"g": minus(state.g, moved.g), "d": state.game["d"]}
    return g_average(problem, moved)._replace(game=memory), mean(logs) | g_log


register(
    Game(
        name="extragradient",
        step=extragradient,
        summary="the gradient at the point that a trial step leads to",
        paper=PAPER,
    )
)
register(
    Game(
        name="past-extragradient",
        step=past_extragradient,
        summary="extragradient whose trial step repeats the last real one",
        paper=PAPER,
        init=at_rest,
    )
)
