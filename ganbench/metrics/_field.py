"""Vector fields of games: functions of one flat vector of all parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ganbench.core.lazy import np, torch

if TYPE_CHECKING:
    from torch import Tensor

    Field = Callable[[Tensor], Tensor]


def vector(x: Any, name: str) -> Tensor:
    """Return ``x`` as a float64 tensor ``[n]`` without gradient.

    Raises:
        ValueError: not one-dimensional, empty, or not finite.
    """
    point = torch.as_tensor(x if torch.is_tensor(x) else np.asarray(x, float)).detach().double()
    if point.ndim != 1 or len(point) == 0:
        raise ValueError(f"{name} has shape {tuple(point.shape)}: [n] needed")
    bad = int((~torch.isfinite(point)).sum())
    if bad:
        raise ValueError(f"{name} holds {bad} values that are NaN or infinite")
    return point


def at(field: Field, point: Tensor) -> tuple[Tensor, Tensor]:
    """Return a copy of ``point [n]`` that has a gradient, and ``field`` there, ``[n]``.

    Raises:
        ValueError: the field has another shape, or is not finite there.
    """
    with torch.enable_grad():
        x = point.detach().clone().requires_grad_()
        v = field(x)
    if v.shape != x.shape:
        raise ValueError(f"field has shape {tuple(v.shape)} at a point of {tuple(x.shape)}")
    bad = int((~torch.isfinite(v)).sum())
    if bad:
        raise ValueError(f"field holds {bad} values that are NaN or infinite")
    return x, v
