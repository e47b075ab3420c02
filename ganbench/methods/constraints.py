"""Constraints on the discriminator's parameters: pure functions ``init``, ``update``, ``apply``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core.kinds import Constraint
from ganbench.core.lazy import F, torch

if TYPE_CHECKING:
    from torch import Tensor

    from ganbench.core.kinds import Params


STARTING_ITERATIONS = 20  # before the first update, from a vector of ones


def _no_state(params: Params) -> Params:
    return {}


def weight_clip(value: float, part: str = "") -> Constraint:
    """Return the constraint that clips every weight to [-value, value].

    Arjovsky 2017, Algorithm 1. The value may differ per lane, as ``weight_clip.value``.

    Args:
        part: only the parameters whose name starts with this.
    """

    def clip(params: Params, state: Params, value: Tensor) -> tuple[Params, Params]:
        clipped = {k: p.clamp(-value, value) for k, p in params.items() if k.startswith(part)}
        return {**params, **clipped}, state

    return Constraint("weight_clip", value, _no_state, clip)


def _matrices(params: Params) -> dict[str, Tensor]:
    """Return every weight (not the biases) as a matrix ``[outputs, -1]``."""
    return {name: p.flatten(1) for name, p in params.items() if p.ndim >= 2}


def _left(w: Tensor, u: Tensor) -> Tensor:
    """Return one power iteration for the first left singular vector of ``w``; ``u`` if w is 0."""
    v = F.normalize(w.T @ u, dim=0)
    better = F.normalize(w @ v, dim=0)
    return torch.where(better.any(), better, u)


def _first_vectors(params: Params) -> Params:
    vectors = {}
    for name, w in _matrices(params).items():
        u = F.normalize(torch.ones_like(w[:, 0]), dim=0)
        for _ in range(STARTING_ITERATIONS):
            u = _left(w, u)
        vectors[name] = u
    return vectors


def _iterate(params: Params, state: Params, value: Tensor) -> tuple[Params, Params]:
    return params, {name: _left(w, state[name]) for name, w in _matrices(params).items()}


def _normalised(params: Params, state: Params, value: Tensor) -> Params:
    divided = dict(params)
    for name, w in _matrices(params).items():
        u = state[name]
        v = F.normalize(w.detach().T @ u, dim=0)
        norm = u @ (w @ v)
        divided[name] = params[name] * (value / torch.where(norm > 0, norm, value))
    return divided


def spectral_norm(value: float = 1.0) -> Constraint:
    """Return the constraint that divides every weight matrix by its largest singular value.

    Miyato 2018, Algorithm 1: the singular vectors follow by one power iteration for each update and
    are constants to the gradient; the norm becomes ``value``, ``spectral_norm.value`` per lane. A
    matrix of zeros (Fixup starts with some) has no direction and stays as it is until it moves.
    """
    return Constraint("spectral_norm", value, _first_vectors, _iterate, _normalised)
