"""The pinned networks of the published comparisons on mixtures in the plane.

Lin et al. 2018 (PacGAN), section 4.1: the generator has four layers of 400 ReLU units with batch
normalisation, the discriminator three of 200 maxout units with five pieces; weights start from
N(0, 0.02^2), the latent is N(0, I_2). As in the authors' code, layers that are normalised have no
bias: it would be undone, and its gradient, pure rounding noise, made a full step by Adam.
"""

from __future__ import annotations

from itertools import pairwise

from ganbench.core.kinds import Arch, Networks, Noise
from ganbench.core.registry import register

LATENT, PIECES = 2, 5
G_HIDDEN, D_HIDDEN = (400,) * 4, (200,) * 3


def build(shape: tuple[int, ...], outputs: int = 1) -> Networks:
    """Return the pair for vectors of ``shape`` (D,)."""
    from torch import nn

    from ganbench.archs._layers import BatchNorm, Maxout, small_normal
    from ganbench.archs._modules import Discriminator

    g: list[nn.Module] = []
    for before, after in pairwise((LATENT, *G_HIDDEN)):
        g += [nn.Linear(before, after, bias=False), BatchNorm(after), nn.ReLU()]
    body = nn.Sequential(*(Maxout(*sizes, PIECES) for sizes in pairwise((*shape, *D_HIDDEN))))
    return small_normal(
        Networks(
            nn.Sequential(*g, nn.Linear(G_HIDDEN[-1], shape[0])),
            Discriminator(body, D_HIDDEN[-1], outputs),
            Noise("normal", (LATENT,)),
            frozenset({"per_sample_d", "features", "decoder"}),
        )
    )


register(
    Arch(
        name="mlp-bn",
        build=build,
        summary="for vectors, as published: G 4x400 with BatchNorm, D 3x200 maxout-5",
        fits=lambda shape: "" if len(shape) == 1 else "it makes vectors, not images",
    )
)
