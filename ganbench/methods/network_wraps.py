"""How methods change the pair of networks that an architecture builds.

Each is a wrap: it takes a builder ``(shape, outputs) -> Networks`` and returns another one. The
architecture must provide ``features``: its discriminator is a ``Discriminator`` of
``archs/_modules.py``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ganbench.core.kinds import Joint, NetworkBuilder, Networks, NetworkWrap, Noise
from ganbench.core.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor, nn


def euclidean(gap: Tensor) -> Tensor:
    """Return the Euclidean norm of each row of ``[B, n]``. Zhao 2016, eq. 3."""
    return (gap.square().sum(1) + 1e-12).sqrt()


def mean_absolute(gap: Tensor) -> Tensor:
    """Return the mean absolute value of each row of ``[B, n]``. Berthelot 2017, section 3.1."""
    return gap.abs().mean(1)


def mean_square(gap: Tensor) -> Tensor:
    """Return the mean square of each row of ``[B, n]``: the authors' code of Li 2017."""
    return gap.square().mean(1)


def autoencoder(error: Callable[[Tensor], Tensor], code: bool = False) -> NetworkWrap:
    """Return the wrap whose discriminator encodes and decodes a sample and returns the error.

    The encoder is the architecture's discriminator with as many outputs as a latent has, the
    decoder its generator without batch normalisation: how a sample is decoded does not depend on
    the others of its batch. The error is high for what does not look real.

    Args:
        error: of ``decoded - x``, ``[B, n] -> [B]``.
        code: the discriminator returns ``[B, 1 + Z]``: the error, then the code.
    """

    def wrap(builder: NetworkBuilder) -> NetworkBuilder:
        def build(shape: tuple[int, ...], outputs: int = 1) -> Networks:
            from ganbench.archs._layers import without_batch_norm
            from ganbench.archs._modules import Autoencoder

            networks, latent = builder(shape), builder(shape).latent.shape[0]
            both = builder(shape, latent)
            decoder = without_batch_norm(both.generator)
            d = Autoencoder(both.discriminator, decoder, error, code)
            return replace(networks, discriminator=d, provides=_provided_with(networks, d))

        return build

    return wrap


def unnormalised_generator(builder: NetworkBuilder) -> NetworkBuilder:
    """Return the builder whose generator has no batch normalisation."""

    def build(shape: tuple[int, ...], outputs: int = 1) -> Networks:
        from ganbench.archs._layers import without_batch_norm

        networks = builder(shape, outputs)
        return replace(networks, generator=without_batch_norm(networks.generator))

    return build


def _provided_with(networks: Networks, discriminator: nn.Module) -> frozenset[str]:
    """Return the capabilities of ``networks`` with another discriminator."""
    from ganbench.archs._layers import BatchStatistics

    batch = any(isinstance(layer, BatchStatistics) for layer in discriminator.modules())
    return networks.provides - ({"per_sample_d"} if batch else set())


def encoder(spread: bool) -> NetworkWrap:
    """Return the wrap that adds an encoder to the generator, and joins latents to D's input.

    Encoder and discriminator's trunk are the architecture's discriminator with more outputs.

    Args:
        spread: the encoder returns a mean and the logarithm of a deviation for each coordinate.
    """

    def wrap(builder: NetworkBuilder) -> NetworkBuilder:
        def build(shape: tuple[int, ...], outputs: int = 1) -> Networks:
            from ganbench.archs._modules import WithEncoder, joint_discriminator

            networks = builder(shape)
            latent = networks.latent.shape[0]
            infer = builder(shape, latent * (2 if spread else 1)).discriminator
            d = joint_discriminator(builder, shape, latent, outputs)
            generator = WithEncoder(networks.generator, infer)
            return replace(networks, generator=generator, discriminator=d)

        return build

    return wrap


def _side_by_side(x: Tensor, z: Tensor) -> Tensor:
    return torch.cat([x.flatten(1), z], dim=1)


def _rows(
    g: Callable[..., Tensor], real: Tensor, z: Tensor, noise: Mapping[str, Tensor]
) -> tuple[Tensor, Tensor]:
    inferred = g(real, encode=True)
    if "epsilon" in noise:
        mean, spread = inferred.tensor_split(2, dim=1)
        inferred = mean + spread.exp() * noise["epsilon"]
    return _side_by_side(real, inferred), _side_by_side(g(z), z)


def joint(spread: bool) -> Joint:
    """Return (x, encoded x) against (G(z), z): rows ``[B, numbers of a sample + Z]``."""

    def noise(batch: int, latent: int) -> dict[str, Noise]:
        return {"epsilon": Noise("normal", (batch, latent))} if spread else {}

    def shape(of_sample: tuple[int, ...], latent: int) -> tuple[int, ...]:
        return (math.prod(of_sample) + latent,)

    return Joint(_rows, shape, noise)
