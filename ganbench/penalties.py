"""Gradient penalties on the discriminator, through ``torch.func.grad``.

Each is a pure function ``(d, real [B, ...], fake [B, ...], noise) -> scalar``, without its weight.
The per-sample gradients are those of the summed output, which needs a discriminator whose outputs
do not depend on each other (``requires={"per_sample_d"}``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ganbench.lazy import func
from ganbench.spec import Discriminator, Noise

if TYPE_CHECKING:
    from torch import Tensor


def input_gradient(d: Discriminator, x: Tensor) -> Tensor:
    """Return the gradient of each logit with respect to its own sample, ``[B, -1]``."""
    gradient: Tensor = func.grad(lambda inputs: d(inputs).sum())(x)
    return gradient.flatten(1)


def interpolation_noise(batch: int, shape: tuple[int, ...]) -> dict[str, Noise]:
    """Return one uniform number for each pair of a real and a fake sample."""
    return {"epsilon": Noise("uniform", (batch, *(1 for _ in shape)))}


def gradient_penalty(
    d: Discriminator, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]
) -> Tensor:
    """Return E (|grad D(x)| - 1)^2 at x = e r + (1 - e) f. Gulrajani 2017, Algorithm 1."""
    epsilon = noise["epsilon"]
    squared = input_gradient(d, epsilon * real + (1 - epsilon) * fake).square().sum(1)
    # A zero gradient has no direction: the square root is taken of 1 there, and its value and
    # derivative replaced by 0, the subgradient that moves nothing.
    zero = squared == 0
    norm = squared.masked_fill(zero, 1.0).sqrt().masked_fill(zero, 0.0)
    return (norm - 1).square().mean()


def r1(d: Discriminator, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]) -> Tensor:
    """Return 1/2 E |grad D|^2 on real samples; gamma is its weight. Mescheder 2018, eq. 9."""
    return 0.5 * input_gradient(d, real).square().sum(1).mean()


def r2(d: Discriminator, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]) -> Tensor:
    """Return 1/2 E |grad D|^2 on generated samples. Mescheder 2018, eq. 10."""
    return 0.5 * input_gradient(d, fake).square().sum(1).mean()
