"""A small pair after R3GAN's: residual, grouped convolutions, no normalisation. Huang et al. 2024.

As in the paper (section 3, config E): a residual block per stage with an inverted bottleneck of
grouped 3x3 convolutions, bilinear resampling, Fixup initialisation, LeakyReLU 0.2. The generator
starts from a learned map, scaled channel by channel by the latent; the discriminator ends with a
depthwise convolution over the smallest map. Smaller: ``width`` channels nearest the image, twice
as many in each further stage, one block each, groups of 16 channels. The image is not squashed by
a tanh, as in the paper.
"""

from __future__ import annotations

from ganbench.archs._sizes import fits, halvings
from ganbench.core.kinds import Arch, Networks, Noise
from ganbench.core.ranges import whole
from ganbench.core.registry import register

LATENT, GROUP = 64, 16


def build(shape: tuple[int, ...], outputs: int = 1, width: int = 32) -> Networks:
    """Return the pair for images of ``shape`` (C, H, W)."""
    from torch import nn

    from ganbench.archs._modules import Discriminator
    from ganbench.archs._residual import Basis, Bottleneck, Resample, unit_variance

    sizes = halvings(*shape[1:])
    channels = [width * 2**i for i in range(len(sizes))]
    top, blocks = channels[-1], len(sizes)

    def block(size: int) -> nn.Module:
        return Bottleneck(size, GROUP, blocks)

    g: list[nn.Module] = [Basis(LATENT, top, sizes[-1]), block(top)]
    d: list[nn.Module] = [nn.Conv2d(shape[0], width, 1), block(width)]
    for i in range(1, len(sizes)):
        d += [Resample(channels[i - 1], channels[i], up=False), block(channels[i])]
        g += [Resample(channels[-i], channels[-i - 1], up=True), block(channels[-i - 1])]
    g += [nn.Conv2d(width, shape[0], 1)]
    d += [nn.Conv2d(top, top, sizes[-1], groups=top, bias=False), nn.Flatten(1)]
    return Networks(
        unit_variance(nn.Sequential(*g)),
        unit_variance(Discriminator(nn.Sequential(*d), top, outputs)),
        Noise("normal", (LATENT,)),
        frozenset({"per_sample_d", "features", "images", "decoder"}),
    )


register(
    Arch(
        name="r3gan-small",
        build=build,
        summary="small residual networks after R3GAN, without normalisation",
        options={"width": 32},
        ranges={"width": whole(1, 1_024)},
        fits=fits,
    )
)
