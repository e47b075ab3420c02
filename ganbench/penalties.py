"""Gradient penalties on the discriminator, through ``torch.func.grad``.

Each is a pure function ``(d, real [B, ...], fake [B, ...], noise) -> scalar``, without its weight.
The per-sample gradients are those of the summed output, which needs a discriminator whose outputs
do not depend on each other (``requires={"per_sample_d"}``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ganbench.lazy import func, torch
from ganbench.spec import Discriminator, Noise

if TYPE_CHECKING:
    from torch import Tensor


def input_gradient(d: Discriminator, x: Tensor) -> Tensor:
    """Return the gradient of each logit with respect to its own sample, ``[B, -1]``."""
    gradient: Tensor = func.grad(lambda inputs: d(inputs).sum())(x)
    return gradient.flatten(1)


def gradient_norm(d: Discriminator, x: Tensor) -> Tensor:
    """Return the norm of each sample's gradient, ``[B]``; where it is 0, so is its derivative.

    A zero gradient has no direction: the square root is taken of 1 there, and its value and
    derivative replaced by 0, the subgradient that moves nothing.
    """
    squared = input_gradient(d, x).square().sum(1)
    zero = squared == 0
    return squared.masked_fill(zero, 1.0).sqrt().masked_fill(zero, 0.0)


def interpolated(real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]) -> Tensor:
    """Return a point between each pair of a real and a generated sample."""
    epsilon = noise["epsilon"]
    return epsilon * real + (1 - epsilon) * fake


def interpolation_noise(batch: int, shape: tuple[int, ...]) -> dict[str, Noise]:
    """Return one uniform number for each pair of a real and a fake sample."""
    return {"epsilon": Noise("uniform", (batch, *(1 for _ in shape)))}


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

    def gradient_penalty(
        d: Discriminator, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]
    ) -> Tensor:
        r, f = d(real), d(fake)
        x = interpolated(real, fake, noise)
        return (gradient_norm(lambda y: witness(d(y), r, f), x) - 1).square().mean()

    return gradient_penalty


def one_sided_penalty(
    d: Discriminator, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]
) -> Tensor:
    """Return E max(0, |grad D(x)| - 1)^2 on interpolates. Petzka 2018, eq. 8."""
    excess = gradient_norm(d, interpolated(real, fake, noise)) - 1
    return excess.clamp(min=0).square().mean()


def zero_centred_penalty(
    d: Discriminator, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]
) -> Tensor:
    """Return E |grad D(x)|^2 on interpolates. Mescheder 2018, section 4; Thanh-Tung 2019, eq. 6."""
    return input_gradient(d, interpolated(real, fake, noise)).square().sum(1).mean()


def divergence_penalty(
    d: Discriminator, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]
) -> Tensor:
    """Return E |grad D(x)|^6, x real or generated with equal chances. Wu 2018, eq. 9."""
    sixth = [input_gradient(d, x).square().sum(1).pow(3).mean() for x in (real, fake)]
    return (sixth[0] + sixth[1]) / 2


def dragan_noise(batch: int, shape: tuple[int, ...]) -> dict[str, Noise]:
    """Return uniform numbers: one for each value of each sample, one for each sample."""
    return {"shift": Noise("uniform", (batch, *shape)), **interpolation_noise(batch, shape)}


def dragan_penalty(
    d: Discriminator, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]
) -> Tensor:
    """Return E (|grad D(x)| - 1)^2 around real data. Kodali 2017, Algorithm 1.

    As in the authors' code, x = r + e 0.5 s u, with s the standard deviation of the whole batch, u
    uniform on [0, 1) for each value and e for each sample.
    """
    x = real + noise["epsilon"] * 0.5 * real.std(correction=0) * noise["shift"]
    return (gradient_norm(d, x) - 1).square().mean()


def jensen_shannon_penalty(
    d: Discriminator, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]
) -> Tensor:
    """Return 1/2 E (1 - s(r))^2 |grad r|^2 + 1/2 E s(f)^2 |grad f|^2. Roth 2017, eq. 22.

    s is the sigmoid and the gradients are those of the logit; gamma is the weight.
    """
    slopes = [input_gradient(d, x).square().sum(1) for x in (real, fake)]
    wrong = ((1 - d(real).sigmoid()).square(), d(fake).sigmoid().square())
    return 0.5 * ((wrong[0] * slopes[0]).mean() + (wrong[1] * slopes[1]).mean())


def r1(d: Discriminator, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]) -> Tensor:
    """Return 1/2 E |grad D|^2 on real samples; gamma is its weight. Mescheder 2018, eq. 9."""
    return 0.5 * input_gradient(d, real).square().sum(1).mean()


def r2(d: Discriminator, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]) -> Tensor:
    """Return 1/2 E |grad D|^2 on generated samples. Mescheder 2018, eq. 10."""
    return 0.5 * input_gradient(d, fake).square().sum(1).mean()


def shift_noise(batch: int, shape: tuple[int, ...]) -> dict[str, Noise]:
    """Return what moves and flips each image of a real and of a fake batch."""
    one = Noise("uniform", (2, batch, 1, 1, 1))
    return {"down": one, "right": one, "flip": one}


def shifted(x: Tensor, down: Tensor, right: Tensor, flip: Tensor) -> Tensor:
    """Return images ``[B, C, H, W]`` moved by up to an eighth of a side, half of them mirrored.

    ``down``, ``right`` and ``flip`` are uniform on [0, 1), ``[B, 1, 1, 1]``; edges are repeated.
    """

    def index(side: int, u: Tensor, axis: tuple[int, ...]) -> Tensor:
        reach = side // 8
        moved = torch.arange(side, device=x.device).reshape(axis)
        return (moved + (u * (2 * reach + 1)).floor().long() - reach).clamp(0, side - 1)

    height, width = x.shape[2:]
    rows = index(height, down, (-1, 1)).expand(x.shape)
    columns = index(width, right, (-1,)).expand(x.shape)
    columns = torch.where(flip < 0.5, width - 1 - columns, columns)
    return x.gather(2, rows).gather(3, columns)


def consistency(
    d: Discriminator, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]
) -> Tensor:
    """Return E (D(x) - D(T(x)))^2 on real plus on generated images. Zhao 2020, Algorithm 1.

    T moves an image by up to an eighth of its side and mirrors half of them.
    """
    total = torch.zeros_like(real[0]).sum()
    for i, x in enumerate((real, fake)):
        moved = shifted(x, *(noise[key][i] for key in ("down", "right", "flip")))
        total = total + (d(x) - d(moved)).square().mean()
    return total
