"""Constraints on the discriminator: pure pairs ``(init, update)`` that act after each update."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.spec import Constraint

if TYPE_CHECKING:
    from torch import Tensor

    from ganbench.spec import Params


def _no_state(params: Params) -> Params:
    return {}


def _clip(params: Params, state: Params, value: Tensor) -> tuple[Params, Params]:
    return {name: p.clamp(-value, value) for name, p in params.items()}, state


def weight_clip(value: float) -> Constraint:
    """Return the constraint that clips every weight to [-value, value].

    Arjovsky 2017, Algorithm 1. The value may differ per lane, as ``weight_clip.value``.
    """
    return Constraint("weight_clip", value, _no_state, _clip)
