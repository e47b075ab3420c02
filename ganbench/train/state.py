"""The state of a population: made lane by lane, stacked to ``[L, ...]``, written and read back."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten_with_path, tree_map

from ganbench.seeds import derive
from ganbench.spec import Networks
from ganbench.train.games import find
from ganbench.train.step import Problem, State


def initial(problem: Problem, build: Callable[[], Networks], seed: int, dtype) -> State:
    """Return one lane's state at step 0: weights from the stream ``init`` of its root seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(seed, "init"))
        networks = build()
    g = {k: p.detach().to(dtype) for k, p in networks.generator.named_parameters()}
    d = {k: p.detach().to(dtype) for k, p in networks.discriminator.named_parameters()}
    variant = problem.variant
    return State(
        g=g,
        d=d,
        g_opt=variant.optim.init(g),
        d_opt=(variant.optim_d or variant.optim).init(d),
        constraint=variant.constraint.init(d) if variant.constraint else {},
        extra={k: v.to(dtype) for k, v in variant.extra.init().items()} if variant.extra else {},
        ema={k: p.clone() for k, p in g.items()} if problem.ema is not None else {},
        game=find(problem.game).init(g, d),
    )


def stack(lanes: list[State]) -> State:
    """Return one state with leaves ``[L, ...]``."""
    return tree_map(lambda *leaves: torch.stack(leaves), *lanes)


def unstack(state: State, lane: int) -> State:
    """Return the state of one lane."""
    return tree_map(lambda leaf: leaf[lane], state)


def flatten(state: State) -> dict[str, Tensor]:
    """Return ``{path: leaf}``, for a safetensors file."""
    pairs, _ = tree_flatten_with_path(state)
    return {"".join(str(key) for key in path): leaf.contiguous() for path, leaf in pairs}


def restore(flat: dict[str, Tensor], like: State) -> State:
    """Return the state that ``flatten`` was given, with the structure of ``like``.

    Raises:
        ValueError: the names or the shapes differ.
    """
    expected = flatten(like)
    if {k: v.shape for k, v in flat.items()} != {k: v.shape for k, v in expected.items()}:
        raise ValueError("the checkpoint belongs to other networks or another optimiser")
    names = iter(expected)
    return tree_map(lambda leaf: flat[next(names)].to(leaf), like)
