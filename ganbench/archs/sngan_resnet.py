"""The residual pair of SNGAN for 32x32 images. Miyato et al. 2018, table 4 (CIFAR-10).

The generator goes from 4x4 to 32x32 in three residual blocks of ``width`` channels with batch
normalisation; the discriminator has four blocks of half as many, ReLU and a sum over the image.
Spectral normalisation is not built in: the variants ``sn-*`` and the modifier ``sn`` bring it.
"""

from __future__ import annotations

from ganbench.core.kinds import Arch, Networks, Noise
from ganbench.core.ranges import whole
from ganbench.core.registry import register

SIDE, LATENT = 32, 128


def fits(shape: tuple[int, ...]) -> str:
    """Return why images of ``shape`` cannot be made, or the empty string."""
    return "" if shape[1:] == (SIDE, SIDE) else f"it makes {SIDE}x{SIDE} images"


def build(shape: tuple[int, ...], outputs: int = 1, width: int = 256) -> Networks:
    """Return the pair for images of ``shape`` (C, 32, 32)."""
    from torch import nn

    from ganbench.archs._layers import BatchNorm
    from ganbench.archs._modules import Discriminator
    from ganbench.archs._residual import DownBlock, SumPool, UpBlock, xavier

    generator = nn.Sequential(
        nn.Linear(LATENT, 16 * width),
        nn.Unflatten(1, (width, 4, 4)),
        *(UpBlock(width) for _ in range(3)),
        BatchNorm(width),
        nn.ReLU(),
        nn.Conv2d(width, shape[0], 3, 1, 1),
        nn.Tanh(),
    )
    half = width // 2
    body = nn.Sequential(
        DownBlock(shape[0], half, first=True),
        DownBlock(half, half),
        DownBlock(half, half, down=False),
        DownBlock(half, half, down=False),
        nn.ReLU(),
        SumPool(),
    )
    networks = Networks(
        generator,
        Discriminator(body, half, outputs),
        Noise("normal", (LATENT,)),
        frozenset({"per_sample_d", "features", "images", "decoder"}),
    )
    return xavier(networks)


register(
    Arch(
        name="sngan-resnet",
        build=build,
        summary="SNGAN's residual networks for 32x32 images",
        options={"width": 256},
        ranges={"width": whole(2, 4_096)},
        fits=fits,
    )
)
