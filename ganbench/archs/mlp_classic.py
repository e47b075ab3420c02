"""The textbook pair of fully connected networks for images.

Generator 100 -> 256 -> 512 -> 1024 -> pixels, ReLU, tanh; discriminator pixels -> 1024 -> 512 ->
256 -> 1, LeakyReLU 0.2 and dropout 0.3 after each hidden layer. Its final sigmoid lives in the
losses. Weights start as torch initialises linear layers. A deliberately plain baseline.
"""

from __future__ import annotations

import math
from itertools import pairwise

from ganbench.core.kinds import Arch, Networks, Noise
from ganbench.core.ranges import Range
from ganbench.core.registry import register

HIDDEN = (256, 512, 1024)
LATENT = 100


def build(shape: tuple[int, ...], outputs: int = 1, dropout: float = 0.3) -> Networks:
    """Return the pair for samples of any ``shape``."""
    from torch import nn

    from ganbench.archs._layers import Dropout
    from ganbench.archs._modules import Discriminator

    pixels = math.prod(shape)
    g: list[nn.Module] = []
    for before, after in pairwise((LATENT, *HIDDEN)):
        g += [nn.Linear(before, after), nn.ReLU()]
    g += [nn.Linear(HIDDEN[-1], pixels), nn.Tanh(), nn.Unflatten(1, shape)]
    d: list[nn.Module] = [nn.Flatten(1)]
    for before, after in pairwise((pixels, *reversed(HIDDEN))):
        d += [nn.Linear(before, after), nn.LeakyReLU(0.2)]
        d += [Dropout(after, dropout)] if dropout else []
    return Networks(
        nn.Sequential(*g),
        Discriminator(nn.Sequential(*d), HIDDEN[0], outputs),
        Noise("normal", (LATENT,)),
        frozenset({"per_sample_d", "features", "images", "decoder"}),
    )


register(
    Arch(
        name="mlp-classic",
        build=build,
        summary="the textbook MLP: G 100-256-512-1024, D 1024-512-256, dropout 0.3",
        options={"dropout": 0.3},
        ranges={"dropout": Range(0, 1, below=True)},
        fits=lambda shape: "" if len(shape) == 3 else "it makes images, not vectors",
    )
)
