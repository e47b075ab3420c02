"""Gradient penalties on the discriminator, through ``torch.func.grad``.

Each is a pure function ``(d, real [B, ...], fake [B, ...], noise) -> scalar``, without its weight.
The per-sample gradients are those of the summed output, which needs a discriminator whose outputs
do not depend on each other (``requires={"per_sample_d"}``). A penalty that one method alone has
is in that method's file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ganbench.core.kinds import Discriminator, Noise, reads_noise
from ganbench.core.lazy import func
from ganbench.methods._roots import smooth_sqrt

if TYPE_CHECKING:
    from torch import Tensor


def input_gradient(d: Discriminator, x: Tensor) -> Tensor:
    """Return the gradient of each logit with respect to its own sample, ``[B, -1]``."""
    gradient: Tensor = func.grad(lambda inputs: d(inputs).sum())(x)
    return gradient.flatten(1)


def gradient_norm(d: Discriminator, x: Tensor) -> Tensor:
    """Return the norm of each sample's gradient, ``[B]``; where it is 0, so is its derivative."""
    return smooth_sqrt(input_gradient(d, x).square().sum(1))


def interpolated(real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]) -> Tensor:
    """Return a point between each pair of a real and a generated sample."""
    epsilon = noise["epsilon"]
    return epsilon * real + (1 - epsilon) * fake


def interpolation_noise(batch: int, shape: tuple[int, ...]) -> dict[str, Noise]:
    """Return one uniform number for each pair of a real and a fake sample."""
    return {"epsilon": Noise("uniform", (batch, *(1 for _ in shape)))}


@reads_noise(interpolation_noise)
def gradient_penalty(
    d: Discriminator, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]
) -> Tensor:
    """Return E (|grad D(x)| - 1)^2 at x = e r + (1 - e) f. Gulrajani 2017, Algorithm 1."""
    return (gradient_norm(d, interpolated(real, fake, noise)) - 1).square().mean()


def witness_penalty(
    witness: Callable[[Tensor, Tensor, Tensor], Tensor],
) -> Callable[[Discriminator, Tensor, Tensor, Mapping[str, Tensor]], Tensor]:
    """Return ``gradient_penalty`` for a discriminator with vectors ``h(x) [B, K]``.

    The critic is ``witness(h(x), h(real), h(fake)) [B]``. Binkowski 2018, section 4.2; Bellemare
    2017, Algorithm 1.
    """

    @reads_noise(interpolation_noise)
    def gradient_penalty(
        d: Discriminator, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]
    ) -> Tensor:
        r, f = d(real), d(fake)
        x = interpolated(real, fake, noise)
        return (gradient_norm(lambda y: witness(d(y), r, f), x) - 1).square().mean()

    return gradient_penalty


def r1(d: Discriminator, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]) -> Tensor:
    """Return 1/2 E |grad D|^2 on real samples; gamma is its weight. Mescheder 2018, eq. 9."""
    return 0.5 * input_gradient(d, real).square().sum(1).mean()


def r2(d: Discriminator, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]) -> Tensor:
    """Return 1/2 E |grad D|^2 on generated samples. Mescheder 2018, eq. 10."""
    return 0.5 * input_gradient(d, fake).square().sum(1).mean()
