"""How methods make their pair of networks otherwise than by the architecture alone.

Each is a wrap: it takes a function ``(shape, outputs) -> Networks`` and returns another one. The
architecture must provide ``features``: its discriminator is a ``modules.Discriminator``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ganbench.lazy import torch
from ganbench.spec import Joint, Make, Networks, Noise

if TYPE_CHECKING:
    from torch import Tensor


def autoencoder(order: int, mean: bool, code: bool = False) -> Callable[[Make], Make]:
    """Return the wrap whose discriminator encodes and decodes a sample and returns the error.

    The encoder is the architecture's discriminator with as many outputs as a latent has, the
    decoder its generator; the error is ``|x - decoded|``, high for what does not look real.

    Args:
        order: of the norm, 1 or 2. mean: over the numbers of a sample, not their sum.
        code: the discriminator returns ``[B, 1 + Z]``: the error, then the code.
    """

    def wrap(make: Make) -> Make:
        def build(shape: tuple[int, ...], outputs: int = 1) -> Networks:
            from ganbench.networks.modules import Autoencoder

            pair, latent = make(shape), make(shape).latent.shape[0]
            both = make(shape, latent)
            d = Autoencoder(both.discriminator, both.generator, order, mean, code)
            return replace(pair, discriminator=d, provides=_provides(pair, d))

        return build

    return wrap


def _provides(pair: Networks, discriminator: torch.nn.Module) -> frozenset[str]:
    """Return what ``pair`` provides with another discriminator, which may normalise batches."""
    batch = any(hasattr(layer, "statistics") for layer in discriminator.modules())
    return pair.provides - ({"per_sample_d"} if batch else set())


def minibatch_std(make: Make) -> Make:
    """Return the builder whose discriminator sees how much its features vary over the batch."""

    def build(shape: tuple[int, ...], outputs: int = 1) -> Networks:
        from ganbench.networks.modules import MinibatchStd

        pair = make(shape, outputs)
        d = MinibatchStd(pair.discriminator, outputs)
        return replace(pair, discriminator=d, provides=pair.provides - {"per_sample_d"})

    return build


def encoder(spread: bool) -> Callable[[Make], Make]:
    """Return the wrap that adds an encoder to the generator, and joins latents to D's input.

    Encoder and discriminator's trunk are the architecture's discriminator with more outputs.

    Args:
        spread: the encoder returns a mean and the logarithm of a deviation for each coordinate.
    """

    def wrap(make: Make) -> Make:
        def build(shape: tuple[int, ...], outputs: int = 1) -> Networks:
            from ganbench.networks.modules import WithEncoder, joint_discriminator

            pair = make(shape)
            latent = pair.latent.shape[0]
            infer = make(shape, latent * (2 if spread else 1)).discriminator
            d = joint_discriminator(make, shape, latent, outputs)
            return replace(pair, generator=WithEncoder(pair.generator, infer), discriminator=d)

        return build

    return wrap


def _pairs(x: Tensor, z: Tensor) -> Tensor:
    return torch.cat([x.flatten(1), z], dim=1)


def _rows(g: Callable[..., Tensor], real: Tensor, z: Tensor, noise: Mapping[str, Tensor]):
    inferred = g(real, encode=True)
    if "epsilon" in noise:
        mean, spread = inferred.tensor_split(2, dim=1)
        inferred = mean + spread.exp() * noise["epsilon"]
    return _pairs(real, inferred), _pairs(g(z), z)


def joint(spread: bool) -> Joint:
    """Return (x, encoded x) against (G(z), z): rows ``[B, numbers of a sample + Z]``."""

    def noise(batch: int, latent: int) -> dict[str, Noise]:
        return {"epsilon": Noise("normal", (batch, latent))} if spread else {}

    def shape(of_sample: tuple[int, ...], latent: int) -> tuple[int, ...]:
        size = latent
        numbers = 1
        for side in of_sample:
            numbers *= side
        return (numbers + size,)

    return Joint(_rows, shape, noise)
