"""Unrolled GAN. Metz et al. 2017, arXiv:1611.02163, section 2.2.

G descends its loss against the D that k more updates would make, and its gradient goes through
these updates; D takes its ordinary step, from the same point.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Game, Paper, Params, Pattern
from ganbench.core.lazy import func
from ganbench.core.registry import register
from ganbench.methods.optimisers import differentiable
from ganbench.training.games._game import GameNoise, d_noise, mean
from ganbench.training.state import Hyper, Log, Problem, State, norm
from ganbench.training.step import d_gradient, d_update, g_loss, g_update

if TYPE_CHECKING:
    from torch import Tensor


PAPER = Paper("Unrolled Generative Adversarial Networks", "Metz et al.", 2017, arxiv="1611.02163")


def unrolled(
    problem: Problem, state: State, real: Tensor, noise: GameNoise, hyper: Hyper, k: int
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
        state = d_update(problem, before, grads, log, hyper)
        logs.append(log)
    smooth = differentiable(variant.d_optim)
    inner = replace(problem, variant=replace(variant, optim_d=smooth))

    def loss(params: Params) -> Tensor:
        now = before._replace(g=params)
        for _ in range(k):
            inner_grads, inner_log = d_gradient(inner, now, real[-1], given, hyper)
            now = d_update(inner, now, inner_grads, inner_log, hyper)
        return g_loss(params, problem, now, real[-1], noise["g"], hyper)

    grads, value = func.grad_and_value(loss)(before.g)
    log = {"g_loss": value, "g_grad_norm": norm(grads)}
    return g_update(problem, state, grads, hyper), mean(logs) | log


def make(argument: str) -> Game:
    """Return the game with K unrolled updates.

    Raises:
        UsageError: K is not a whole number from 1 to 99.
    """
    if not re.fullmatch(r"[1-9][0-9]?", argument):
        raise UsageError(f"unrolled-{argument}: K must be a whole number from 1 to 99")
    return Game(
        name=f"unrolled-{argument}",
        step=partial(unrolled, k=int(argument)),
        unrolled=int(argument),
        summary=f"G against the D that {argument} more updates would make",
        paper=PAPER,
    )


register(
    Pattern(
        kind="game",
        name="unrolled",
        argument="K",
        make=make,
        summary="G against the D that K more updates would make",
        separator="-",
    )
)
