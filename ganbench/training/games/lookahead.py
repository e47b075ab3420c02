"""Lookahead-minmax. Chavdarova et al. 2021, arXiv:2006.14567, Algorithm 1.

After every k steps (each ``d_steps`` updates of D, and one of G against the new D) both players
together go back to a point between where they are and their slow weights, where they were k steps
before:

    slow + alpha (fast - slow),

which becomes the slow weights. The moments of the optimisers stay. alpha is ``lookahead.alpha``,
0.5 in the paper. A constraint is put on the new D once more. An average of G (``--ema``) is of the
fast weights.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Game, Paper, Params, Pattern
from ganbench.core.lazy import torch
from ganbench.core.registry import register
from ganbench.training.games._game import GameNoise, Memory
from ganbench.training.games.alternating import alternating
from ganbench.training.state import Hyper, Log, Problem, State
from ganbench.training.step import d_project

if TYPE_CHECKING:
    from torch import Tensor

KEY = "lookahead.alpha"
PAPER = Paper("Taming GANs with Lookahead-Minmax", "Chavdarova et al.", 2021, arxiv="2006.14567")


def slow_weights(g: Params, d: Params) -> Memory:
    """Return the slow weights of both players, those at the start, and the number of steps."""
    slow = {f"slow_{name}": {k: p.clone() for k, p in part.items()}
            for name, part in (("g", g), ("d", d))}  # fmt: skip
    return slow | {"count": {"steps": torch.zeros(())}}


def lookahead(
    problem: Problem, state: State, real: Tensor, noise: GameNoise, hyper: Hyper, k: int
) -> tuple[State, Log]:
    """Make an alternating step; if it is the k-th since, go back towards the slow weights."""
    state, log = alternating(problem, state, real, noise, hyper)
    steps = state.game["count"]["steps"] + 1
    now = steps % k == 0

    def back(fast: Params, slow: Params) -> Params:
        return {key: torch.lerp(slow[key], p, hyper[KEY].to(p)) for key, p in fast.items()}

    def where_now(new: Params, old: Params) -> Params:
        return {key: torch.where(now, new[key], p) for key, p in old.items()}

    past = state.game
    tried = state._replace(g=back(state.g, past["slow_g"]), d=back(state.d, past["slow_d"]))
    tried = d_project(problem, tried, hyper)
    memory = {
        "slow_g": where_now(tried.g, past["slow_g"]),
        "slow_d": where_now(tried.d, past["slow_d"]),
        "count": {"steps": steps},
    }
    state = state._replace(
        g=where_now(tried.g, state.g),
        d=where_now(tried.d, state.d),
        constraint=where_now(tried.constraint, state.constraint),
        game=memory,
    )
    return state, log


def make(argument: str) -> Game:
    """Return the game that goes back every K steps.

    Raises:
        UsageError: K is not a whole number from 2 to 99,999.
    """
    if not re.fullmatch(r"[1-9][0-9]{0,4}", argument) or argument == "1":
        raise UsageError(f"lookahead-{argument}: K must be a whole number from 2 to 99999")
    return Game(
        name=f"lookahead-{argument}",
        step=partial(lookahead, k=int(argument)),
        summary=f"every {argument} alternating steps, half of the way back for both",
        paper=PAPER,
        init=slow_weights,
        hyper={KEY: 0.5},
    )


register(
    Pattern(
        kind="game",
        name="lookahead",
        argument="K",
        make=make,
        summary="every K alternating steps, half of the way back for both",
        separator="-",
    )
)
