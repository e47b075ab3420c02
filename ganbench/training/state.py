"""The state of a training: for one lane, or stacked to ``[L, ...]`` for a population."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ganbench.core.kinds import Networks, Params, Shape, Variant
from ganbench.core.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

Hyper = Mapping[str, "Tensor"]  # hyper-parameters of one lane
StepNoise = Mapping[str, "Tensor"]  # all noise of one update, by the names of ``noise_plan``
Log = dict[str, "Tensor"]
LOG_KEYS = ("d_loss", "g_loss", "d_real", "d_fake", "d_grad_norm", "g_grad_norm")


class State(NamedTuple):
    """All that training changes."""

    g: Params
    d: Params
    g_opt: dict[str, Any]
    d_opt: dict[str, Any]
    constraint: Params
    loss_state: Params  # what the losses carry along, such as BEGAN's k; mostly empty
    ema: Params  # averaged generator; empty where none was asked for
    averaged: Params  # how many updates are in it, ``{"updates": ...}``; empty where there is none
    game: dict[str, Params]  # what the game remembers, such as its last steps; mostly empty


@dataclass(frozen=True)
class Problem:
    """A training without its tensors: method, networks (in training mode) and sizes."""

    variant: Variant
    networks: Networks
    shape: Shape
    batch: int
    game: str = "alternating"
    ema: float | None = None  # decay per generator step, once it has ramped up


def norm(grads: Params) -> Tensor:
    """Return the Euclidean norm of all gradients together."""
    norm_of = torch.linalg.vector_norm
    return norm_of(torch.stack([norm_of(g) for g in grads.values()]))


def stack(lanes: list[State]) -> State:
    """Return one state with leaves ``[L, ...]``."""
    return torch.utils._pytree.tree_map(lambda *leaves: torch.stack(leaves), *lanes)


def unstack(state: State, lane: int) -> State:
    """Return the state of one lane, of its own memory."""
    return torch.utils._pytree.tree_map(lambda leaf: leaf[lane].clone(), state)


def copied(state: State) -> State:
    """Return a state of its own memory."""
    return torch.utils._pytree.tree_map(torch.clone, state)


def freeze(ok: Tensor, new: State, old: State, look: bool = False) -> State:
    """Return ``new`` in the lanes where ``ok [L]`` and ``old`` in the others, untouched.

    Args:
        look: at ``ok``, also on a device that must be waited for; a CPU is always looked at.
    """
    if (look or ok.device.type == "cpu") and bool(ok.all()):
        return new

    def select(a: Tensor, b: Tensor) -> Tensor:
        return torch.where(ok.reshape(-1, *(1 for _ in a.shape[1:])), a, b)

    return torch.utils._pytree.tree_map(select, new, old)


def flatten(state: State) -> dict[str, Tensor]:
    """Return ``{path: leaf}``, for a safetensors file."""
    leaves, _ = torch.utils._pytree.tree_flatten_with_path(state)
    return {"".join(str(key) for key in path): leaf.contiguous() for path, leaf in leaves}


def restore(flat: dict[str, Tensor], like: State) -> State:
    """Return the state that ``flatten`` was given, with the structure of ``like``.

    Raises:
        ValueError: the names or the shapes differ.
    """
    expected = flatten(like)
    if {k: v.shape for k, v in flat.items()} != {k: v.shape for k, v in expected.items()}:
        raise ValueError("the checkpoint belongs to other networks or another optimiser")
    names = iter(expected)
    return torch.utils._pytree.tree_map(lambda leaf: flat[next(names)].to(leaf), like)
