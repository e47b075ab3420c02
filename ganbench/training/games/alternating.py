"""Gradient descent by turns: D, then G against the new D. Goodfellow 2014, Algorithm 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core.kinds import Game, Paper
from ganbench.core.registry import register
from ganbench.training.games._game import GameNoise, d_noise, mean
from ganbench.training.state import Hyper, Log, Problem, State
from ganbench.training.step import d_gradient, d_update, g_gradient, g_update

if TYPE_CHECKING:
    from torch import Tensor


def alternating(
    problem: Problem, state: State, real: Tensor, noise: GameNoise, hyper: Hyper
) -> tuple[State, Log]:
    """Update D ``d_steps`` times, then G against the new D. Goodfellow 2014, Algorithm 1."""
    logs = []
    for i in range(problem.variant.d_steps):
        grads, log = d_gradient(problem, state, real[i], d_noise(noise, i), hyper)
        state = d_update(problem, state, grads, log, hyper)
        logs.append(log)
    grads, g_log = g_gradient(problem, state, real[-1], noise["g"], hyper)
    return g_update(problem, state, grads, hyper), mean(logs) | g_log


register(
    Game(
        name="alternating",
        step=alternating,
        summary="D, then G against the new D; the default",
        paper=Paper("Generative Adversarial Nets", "Goodfellow et al.", 2014, arxiv="1406.2661"),
    )
)
