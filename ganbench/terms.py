"""Terms of the generator's loss that read the networks: ``(g, d, real, fake, noise) -> scalar``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ganbench.divergences import sliced_wasserstein2
from ganbench.spec import Noise

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ganbench.spec.parts import Network

DIRECTIONS = 128  # of projection


def directions(batch: int, discriminator: nn.Module) -> dict[str, Noise]:
    """Return directions in the space of the discriminator's features."""
    return {"directions": Noise("normal", (DIRECTIONS, int(discriminator.feature_size)))}  # type: ignore[arg-type]


def feature_matching(
    g: Network, d: Network, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]
) -> Tensor:
    """Return |E h(x) - E h(G(z))|^2, h the discriminator's features. Salimans 2016, sec. 3.1."""
    gap = d(real, features=True).mean(0) - d(fake, features=True).mean(0)
    return gap.square().sum()


def sliced_features(
    g: Network, d: Network, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]
) -> Tensor:
    """Return the sliced W2^2 between the discriminator's features. Deshpande 2018, section 3.2."""
    x, y = d(real, features=True), d(fake, features=True)
    return sliced_wasserstein2(x, y, noise["directions"])


def latent_reconstruction(
    g: Network, d: Network, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]
) -> Tensor:
    """Return E |z - F(G(z))|^2, F the encoder. Srivastava 2017, eq. 4."""
    z = noise["z"]
    return (z - g(g(z), encode=True)).square().sum(1).mean()
