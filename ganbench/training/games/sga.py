"""Symplectic gradient adjustment. Balduzzi et al. 2018, arXiv:1802.05642, Algorithm 1.

With xi the gradients of both losses (D's with its penalties) in one vector, J its Jacobian and
A = (J - J^T) / 2 the antisymmetric part, the part that makes a game go round, both players descend

    xi + lambda A^T xi,     A^T xi = (J^T xi - J xi) / 2

from the same point. The sign of lambda is that of <xi, h> <A^T xi, h> / d + 0.1, h = J^T xi being
the gradient of 1/2 |xi|^2 and d the number of parameters: towards stable fixed points and away from
unstable ones. Its size is ``sga.weight``, 1 in the algorithm.
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

KEY = "sga.weight"
ALIGN = 0.1  # the algorithm's epsilon

Point = dict[str, Params]  # {"g": ..., "d": ...}


def _dot(a: Point, b: Point) -> Tensor:
    products = [(x * b[player][k]).sum() for player, part in a.items() for k, x in part.items()]
    return sum(products[1:], products[0])


def _size(a: Point) -> int:
    return sum(x.numel() for part in a.values() for x in part.values())


def adjusted(
    problem: Problem, state: State, real: Tensor, for_d: Hyper, for_g: Hyper, hyper: Hyper
) -> tuple[Point, Log]:
    """Return the adjusted gradients of both players at one point, and the log."""

    def field(point: Point) -> tuple[Point, Log]:
        here = state._replace(g=point["g"], d=point["d"])
        d, d_log = d_gradient(problem, here, real, for_d, hyper)
        g, g_log = g_gradient(problem, here, real, for_g, hyper)
        return {"g": g, "d": d}, d_log | g_log

    def transposed(u: Point) -> Point:
        pull = func.vjp(field, here, has_aux=True)[1]
        product: Point = pull(u)[0]
        return product

    here = {"g": state.g, "d": state.d}
    xi, log = field(here)
    # J^T u is linear in u: pulling xi back through it gives J xi, by reverse mode alone
    jt_xi, pull = func.vjp(transposed, xi)[:2]
    j_xi = pull(xi)[0]
    turn = {
        player: {k: (x - j_xi[player][k]) / 2 for k, x in part.items()}
        for player, part in jt_xi.items()
    }
    sign = (_dot(xi, jt_xi) * _dot(turn, jt_xi) / _size(xi) + ALIGN).sign()
    new = {
        player: {k: x + sign * hyper[KEY] * turn[player][k] for k, x in part.items()}
        for player, part in xi.items()
    }
    return new, log | {"g_grad_norm": norm(new["g"]), "d_grad_norm": norm(new["d"])}


def sga(
    problem: Problem, state: State, real: Tensor, noise: GameNoise, hyper: Hyper
) -> tuple[State, Log]:
    """Update both from the same point; with ``d_steps`` > 1, the last D update is the joint one."""
    logs = []
    for i in range(problem.variant.d_steps):
        grads, log = adjusted(problem, state, real[i], d_noise(noise, i), noise["g"], hyper)
        state = d_update(problem, state, grads["d"], log, hyper)
        logs.append(log)
    of_g = {key: value for key, value in log.items() if key.startswith("g_")}
    return g_update(problem, state, grads["g"], hyper), mean(logs) | of_g


register(
    Game(
        name="sga",
        step=sga,
        summary="simultaneous, with the field's rotation adjusted towards stable points",
        paper=Paper(
            "The Mechanics of n-Player Differentiable Games",
            "Balduzzi et al.",
            2018,
            arxiv="1802.05642",
        ),
        hyper={KEY: 1.0},
    )
)
