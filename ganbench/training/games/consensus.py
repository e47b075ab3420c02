"""Consensus optimisation. Mescheder et al. 2017, arXiv:1705.10461, Algorithm 1.

Both players' losses get ``weight * 1/2 |v|^2``, v being the gradients of both losses (D's with its
penalties) in one vector. The paper's form is simultaneous, its code takes weight 10
(``--reg-param``). In ``consensus-alternating`` G meets the new D.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core.kinds import Game, Paper, Params
from ganbench.core.lazy import func
from ganbench.core.registry import register
from ganbench.training.games._game import GameNoise, d_noise, mean
from ganbench.training.state import Hyper, Log, Problem, State, norm
from ganbench.training.step import d_gradient, d_update, g_gradient, g_update

if TYPE_CHECKING:
    from torch import Tensor


PAPER = Paper("The Numerics of GANs", "Mescheder et al.", 2017, arxiv="1705.10461")
KEY = "consensus.weight"
HYPER = {KEY: 10.0}


def gradients(
    problem: Problem, state: State, real: Tensor, for_d: Hyper, for_g: Hyper, hyper: Hyper
) -> tuple[Params, Params, Log]:
    """Return the gradients of G's and D's regularised losses at one point, and the log."""

    def half_square(point: dict[str, Params]):
        here = state._replace(g=point["g"], d=point["d"])
        d, d_log = d_gradient(problem, here, real, for_d, hyper)
        g, g_log = g_gradient(problem, here, real, for_g, hyper)
        squares = [x.square().sum() for x in (*g.values(), *d.values())]
        return sum(squares) / 2, (g, d, d_log | g_log)

    pull, (g, d, log) = func.grad(half_square, has_aux=True)({"g": state.g, "d": state.d})
    g = {key: value + hyper[KEY] * pull["g"][key] for key, value in g.items()}
    d = {key: value + hyper[KEY] * pull["d"][key] for key, value in d.items()}
    return g, d, log | {"g_grad_norm": norm(g), "d_grad_norm": norm(d)}


def _part(log: Log, player: str) -> Log:
    return {key: value for key, value in log.items() if key.startswith(player)}


def consensus(
    problem: Problem, state: State, real: Tensor, noise: GameNoise, hyper: Hyper
) -> tuple[State, Log]:
    """Update both from the same point; with ``d_steps`` > 1, the last D update is the joint one."""
    logs = []
    for i in range(problem.variant.d_steps):
        g, d, log = gradients(problem, state, real[i], d_noise(noise, i), noise["g"], hyper)
        state = d_update(problem, state, d, log, hyper)
        logs.append(_part(log, "d_"))
    return g_update(problem, state, g, hyper), mean(logs) | _part(log, "g_")


def consensus_alternating(
    problem: Problem, state: State, real: Tensor, noise: GameNoise, hyper: Hyper
) -> tuple[State, Log]:
    """Update D ``d_steps`` times, then G against the new D, all by the regularised losses."""
    logs = []
    for i in range(problem.variant.d_steps):
        given = d_noise(noise, i)
        _, d, log = gradients(problem, state, real[i], given, noise["g"], hyper)
        state = d_update(problem, state, d, log, hyper)
        logs.append(_part(log, "d_"))
    g, _, log = gradients(problem, state, real[-1], given, noise["g"], hyper)
    return g_update(problem, state, g, hyper), mean(logs) | _part(log, "g_")


register(
    Game(
        name="consensus",
        step=consensus,
        summary="simultaneous, with 1/2 |v|^2 added to both losses",
        paper=PAPER,
        hyper=HYPER,
    )
)
register(
    Game(
        name="consensus-alternating",
        step=consensus_alternating,
        summary="consensus, with G against the new D",
        paper=PAPER,
        hyper=HYPER,
    )
)
