"""Unrolled GAN. Metz et al. 2017, arXiv:1611.02163, section 2.2.

G descends its loss against the D that k more updates would make, and its gradient goes through
these updates; D takes its ordinary step, from the same point.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from torch import Tensor
from torch.func import grad_and_value

from ganbench.optim import differentiable
from ganbench.spec import Params
from ganbench.train.games._game import Game, Noises, d_noise, mean
from ganbench.train.step import (
    Hyper,
    Log,
    Problem,
    State,
    d_apply,
    d_gradient,
    g_apply,
    g_value,
    norm,
)


def step(
    problem: Problem, state: State, real: Tensor, noise: Noises, hyper: Hyper, k: int
) -> tuple[State, Log]:
    """Update both from the same point, G through ``k`` unrolled updates of D.

    The inner optimiser is D's own (section 2.2: Adam is unrolled too), from its present moments,
    with penalties and constraint, on the last batch and noise of D. With ``d_steps`` > 1 the last D
    update is the joint one.
    """
    variant, logs = problem.variant, []
    for i in range(variant.d_steps):
        before, given = state, d_noise(noise, i)
        grads, log = d_gradient(problem, before, real[i], given, hyper)
        state = d_apply(problem, before, grads, log, hyper)
        logs.append(log)
    smooth = differentiable(variant.optim_d or variant.optim)
    inner = replace(problem, variant=replace(variant, optim_d=smooth))

    def loss(params: Params) -> Tensor:
        now = before._replace(g=params)
        for _ in range(k):
            inner_grads, inner_log = d_gradient(inner, now, real[-1], given, hyper)
            now = d_apply(inner, now, inner_grads, inner_log, hyper)
        return g_value(problem, params, now, real[-1], noise["g"], hyper)

    grads, value = grad_and_value(loss)(before.g)
    log = {"g_loss": value, "g_grad_norm": norm(grads)}
    return g_apply(problem, state, grads, hyper), mean(logs) | log


def unrolled(k: int) -> Game:
    """Return the game with ``k`` unrolled updates."""
    return Game(partial(step, k=k))
