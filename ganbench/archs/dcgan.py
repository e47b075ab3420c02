"""DCGAN's convolutional pair, with strides that follow the data. Radford et al. 2015.

The image is halved (4x4 kernels, stride 2) while its sides stay even and at least 4: 28 -> 14 -> 7,
32 -> 16 -> 8 -> 4. The layer nearest the image has ``width`` channels, each further one twice as
many. The generator is batch normalised, ReLU, tanh; the discriminator LeakyReLU 0.2.

Two deliberate differences from the paper. Weights do not start as N(0, 0.02): the generator's as
torch initialises them, the discriminator's as He et al. 2015, which learns faster at these widths.
The discriminator is not normalised, so that per-sample gradient penalties are defined. The option
``d_norm=batch`` gives the paper's; a variant whose own authors normalise D has it by itself.

``dcgan-conditional`` gives the class label to both networks (``archs/_labels.py``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from ganbench.archs._sizes import fits, halvings
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Arch, Networks, Noise
from ganbench.core.ranges import whole
from ganbench.core.registry import register

PRIORS: Mapping[str, Literal["normal", "symmetric"]] = {
    "normal": "normal",
    "uniform": "symmetric",  # on [-1, 1)
}


def build(
    shape: tuple[int, ...],
    outputs: int = 1,
    width: int = 16,
    latent: int = 100,
    d_norm: str = "none",
    prior: str = "normal",
    class_frequencies: tuple[float, ...] = (),
    channels: int | None = None,
) -> Networks:
    """Return the pair for images of ``shape`` (C, H, W).

    Args:
        class_frequencies: in labelled data, ``shape`` then being that of images with the planes
            of their labels; channels: of such an image without planes.
    """
    from torch import nn

    from ganbench.archs._labels import Conditional, ReadLabels
    from ganbench.archs._layers import BatchNorm, FromImage, ToImage, he_normal
    from ganbench.archs._modules import Discriminator

    if d_norm not in ("none", "batch"):
        raise UsageError(f"dcgan's d_norm is none or batch, got {d_norm!r}")
    if prior not in PRIORS:
        raise UsageError(f"dcgan's prior is {' or '.join(PRIORS)}, got {prior!r}")
    sizes = halvings(*shape[1:])
    wide = [shape[0], *(width * 2**i for i in range(len(sizes) - 1))]
    smallest = (wide[-1], *sizes[-1])
    normalised = d_norm == "batch"

    g: list[nn.Module] = [
        nn.Linear(latent + len(class_frequencies), math.prod(smallest), bias=False),
        nn.Unflatten(1, smallest),
    ]
    for i in reversed(range(1, len(sizes) - 1)):  # a bias would be undone by normalisation
        g += [BatchNorm(wide[i + 1]), nn.ReLU()]
        g += [nn.ConvTranspose2d(wide[i + 1], wide[i], 4, 2, 1, bias=False)]
    g += [BatchNorm(wide[1]), nn.ReLU(), ToImage(wide[1], channels or shape[0]), nn.Tanh()]

    d: list[nn.Module] = [ReadLabels(channels, len(class_frequencies))] if channels else []
    for i in range(len(sizes) - 1):
        norm = normalised and i > 0  # DCGAN: none on the discriminator's input layer
        channels_of = (wide[i], wide[i + 1])
        d += [nn.Conv2d(*channels_of, 4, 2, 1, bias=not norm) if i else FromImage(*channels_of)]
        d += [BatchNorm(wide[i + 1])] if norm else []
        d += [nn.LeakyReLU(0.2)]
    critic = Discriminator(nn.Sequential(*d, nn.Flatten(1)), math.prod(smallest), outputs)
    he_normal([*d, critic.head], slope=0.2)
    provides = {"features", "images"} | (set() if normalised else {"per_sample_d"})
    generator = nn.Sequential(*g)
    if channels:
        labelled = Conditional(generator, class_frequencies)
        latents, planes = Noise("normal", (latent + 1,)), len(class_frequencies)
        return Networks(labelled, critic, latents, frozenset(provides), planes)
    provides |= {"decoder"}
    return Networks(generator, critic, Noise(PRIORS[prior], (latent,)), frozenset(provides))


OPTIONS = {"width": 16, "latent": 100, "d_norm": "none"}
RANGES = {"width": whole(1, 1_024), "latent": whole(1, 4_096)}
register(
    Arch(
        name="dcgan",
        build=build,
        summary="DCGAN with strides that follow the data; BatchNorm in G, none in D by default",
        options={**OPTIONS, "prior": "normal"},
        ranges=RANGES,
        fits=fits,
    )
)
register(
    Arch(
        name="dcgan-conditional",
        build=build,
        summary="dcgan with the class label given to both networks, for data with labels",
        options=OPTIONS,
        ranges=RANGES,
        fits=fits,
        conditional=True,
    )
)
