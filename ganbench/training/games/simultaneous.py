"""Simultaneous gradient descent of both players. Mescheder et al. 2017, section 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core.kinds import Game, Paper
from ganbench.core.registry import register
from ganbench.training.games._game import GameNoise, d_noise, mean
from ganbench.training.state import Hyper, Log, Problem, State
from ganbench.training.step import d_gradient, d_update, g_gradient, g_update

if TYPE_CHECKING:
    from torch import Tensor


def simultaneous(
    problem: Problem, state: State, real: Tensor, noise: GameNoise, hyper: Hyper
) -> tuple[State, Log]:
    """Update both from the same point; with ``d_steps`` > 1, the last D update is the joint one."""
    logs = []
    for i in range(problem.variant.d_steps):
        before = state
        d_grads, log = d_gradient(problem, before, real[i], d_noise(noise, i), hyper)
        state = d_update(problem, before, d_grads, log, hyper)
        logs.append(log)
    g_grads, g_log = g_gradient(problem, before, real[-1], noise["g"], hyper)
    return g_update(problem, state, g_grads, hyper), mean(logs) | g_log


register(
    Game(
        name="simultaneous",
        step=simultaneous,
        summary="both players from the same point",
        paper=Paper("The Numerics of GANs", "Mescheder et al.", 2017, arxiv="1705.10461"),
    )
)
