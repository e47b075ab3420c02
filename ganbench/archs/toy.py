"""Small fully connected networks for points in the plane and other short vectors.

Generator and discriminator have two hidden layers of 128 ReLU units; the latent is N(0, I_2).
Weights start as torch initialises linear layers.
"""

from __future__ import annotations

from itertools import pairwise

from ganbench.core.kinds import Arch, Networks, Noise
from ganbench.core.ranges import whole
from ganbench.core.registry import register


def build(
    shape: tuple[int, ...], outputs: int = 1, width: int = 128, depth: int = 2, latent: int = 2
) -> Networks:
    """Return the pair for vectors of ``shape`` (D,)."""
    from torch import nn

    from ganbench.archs._modules import Discriminator

    def hidden(inputs: int) -> list[nn.Module]:
        layers: list[nn.Module] = []
        for before, after in pairwise((inputs, *[width] * depth)):
            layers += [nn.Linear(before, after), nn.ReLU()]
        return layers

    return Networks(
        nn.Sequential(*hidden(latent), nn.Linear(width, shape[0])),
        Discriminator(nn.Sequential(*hidden(shape[0])), width, outputs),
        Noise("normal", (latent,)),
        frozenset({"per_sample_d", "features", "decoder"}),
    )


register(
    Arch(
        name="toy",
        build=build,
        summary="two hidden layers of 128 ReLU units in each network, for vectors",
        options={"width": 128, "depth": 2, "latent": 2},
        ranges={"width": whole(1, 8_192), "depth": whole(1, 64), "latent": whole(1, 4_096)},
        fits=lambda shape: "" if len(shape) == 1 else "it makes vectors, not images",
        vectorise=True,
    )
)
