"""Gradient descent by turns, and at once."""

from __future__ import annotations

from torch import Tensor

from ganbench.train.games._game import Noises, d_noise, mean
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


def alternating(
    problem: Problem, state: State, real: Tensor, noise: Noises, hyper: Hyper
) -> tuple[State, Log]:
    """Update D ``d_steps`` times, then G against the new D. Goodfellow 2014, Algorithm 1."""
    logs = []
    for i in range(problem.variant.d_steps):
        grads, log = d_gradient(problem, state, real[i], d_noise(noise, i), hyper)
        state = d_apply(problem, state, grads, log, hyper)
        logs.append(log)
    grads, g_log = g_gradient(problem, state, real[-1], noise["g"], hyper)
    return g_apply(problem, state, grads, hyper), mean(logs) | g_log


def simultaneous(
    problem: Problem, state: State, real: Tensor, noise: Noises, hyper: Hyper
) -> tuple[State, Log]:
    """Update both from the same point; with ``d_steps`` > 1, the last D update is the joint one.

    Mescheder et al. 2017, section 2 (simultaneous gradient ascent).
    """
    logs = []
    for i in range(problem.variant.d_steps):
        before = state
        d_grads, log = d_gradient(problem, before, real[i], d_noise(noise, i), hyper)
        state = d_apply(problem, before, d_grads, log, hyper)
        logs.append(log)
    g_grads, g_log = g_gradient(problem, before, real[-1], noise["g"], hyper)
    return g_apply(problem, state, g_grads, hyper), mean(logs) | g_log
