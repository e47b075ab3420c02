"""What a discriminator is shown of a batch: pure functions of samples, noise and one number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ganbench.spec import Noise, View

if TYPE_CHECKING:
    from torch import Tensor


def _own_noise(batch: int, shape: tuple[int, ...]) -> dict[str, Noise]:
    return {"epsilon": Noise("normal", (batch, *shape))}


def _noisy(x: Tensor, noise: Mapping[str, Tensor], value: Any) -> Tensor:
    return x + value * noise["epsilon"]


def instance_noise(value: float) -> View:
    """Return the view that adds N(0, value^2) to every input. Sonderby 2016, section 3.

    The standard deviation is in units of the data as networks see them (images: -1..1).
    """
    return View("instance_noise", value, _noisy, _own_noise)


def pack(m: int) -> View:
    """Return the view that joins ``m`` samples to one input, along the first axis. Lin 2018.

    A batch of B becomes B // m inputs; what is left over is not shown.
    """

    def packed(x: Tensor, noise: Mapping[str, Tensor], value: Any) -> Tensor:
        inputs = len(x) // m
        return x[: inputs * m].reshape(inputs, m * x.shape[1], *x.shape[2:])

    def shape(of_one: tuple[int, ...]) -> tuple[int, ...]:
        return (m * of_one[0], *of_one[1:])

    return View("pack", None, packed, shape=shape, samples=m)
