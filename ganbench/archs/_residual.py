"""Residual blocks: those of SNGAN (Miyato et al. 2018) and of R3GAN (Huang et al. 2024)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganbench.archs._layers import BatchNorm
from ganbench.core.kinds import Networks

SLOPE = 0.2


class UpBlock(nn.Module):
    """SNGAN's generator block: doubles the image's sides, channels stay.

    No biases: each would be undone by a later normalisation.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(BatchNorm(channels) for _ in range(2))
        self.convs = nn.ModuleList(
            nn.Conv2d(channels, channels, 3, 1, 1, bias=False) for _ in range(2)
        )
        self.skip = nn.Conv2d(channels, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``[B, C, 2H, 2W]``."""
        h = F.interpolate(F.relu(self.norms[0](x)), scale_factor=2, mode="nearest")
        h = self.convs[1](F.relu(self.norms[1](self.convs[0](h))))
        return h + self.skip(F.interpolate(x, scale_factor=2, mode="nearest"))  # type: ignore[no-any-return]


class DownBlock(nn.Module):
    """SNGAN's discriminator block; ``first``: on the image itself, pooled before its shortcut."""

    def __init__(self, before: int, after: int, down: bool = True, first: bool = False) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(c, after, 3, 1, 1) for c in (before, after))
        self.skip = nn.Conv2d(before, after, 1) if down else nn.Identity()
        self.down, self.first = down, first

    def forward(self, x: Tensor) -> Tensor:
        """Return ``[B, after, H/2, W/2]``, or with the same sides unless ``down``."""
        h = self.convs[1](F.relu(self.convs[0](x if self.first else F.relu(x))))
        if self.first:
            return F.avg_pool2d(h, 2) + self.skip(F.avg_pool2d(x, 2))  # type: ignore[no-any-return]
        h = h + self.skip(x)
        return F.avg_pool2d(h, 2) if self.down else h


class SumPool(nn.Module):
    """The sum over an image's positions."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``[B, C]``."""
        return x.sum((2, 3))


def xavier(networks: Networks) -> Networks:
    """Return ``networks`` with SNGAN's initial weights: Glorot's, sqrt(2) wider within a branch."""
    for network in (networks.generator, networks.discriminator):
        for name, module in network.named_modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.xavier_uniform_(module.weight, math.sqrt(2) if ".convs." in name else 1.0)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
    return networks


class Bottleneck(nn.Module):
    """R3GAN's block: x + conv1x1(act(grouped conv3x3(act(conv1x1(x))))), twice as wide inside.

    No normalisation; the last convolution starts at zero, the others as He et al. 2015 times
    ``blocks`` ** -1/4 (Fixup, Zhang et al. 2019, with three convolutions in a branch).
    """

    def __init__(self, channels: int, group: int, blocks: int) -> None:
        super().__init__()
        inner = 2 * channels
        self.expand = nn.Conv2d(channels, inner, 1)
        self.spatial = nn.Conv2d(inner, inner, 3, 1, 1, groups=inner // math.gcd(inner, group))
        self.project = nn.Conv2d(inner, channels, 1, bias=False)
        for conv in (self.expand, self.spatial):
            assert conv.bias is not None
            nn.init.kaiming_normal_(conv.weight, SLOPE)
            conv.weight.data *= blocks**-0.25
            nn.init.zeros_(conv.bias)
        nn.init.zeros_(self.project.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape."""
        h = F.leaky_relu(self.expand(x), SLOPE)
        return x + self.project(F.leaky_relu(self.spatial(h), SLOPE))  # type: ignore[no-any-return]


def unit_variance(network: nn.Module) -> nn.Module:
    """Return ``network``, every layer outside its blocks starting from N(0, 1 / fan_in)."""
    for name, child in network.named_modules():
        inside = any(isinstance(m, Bottleneck) for m in _owners(network, name))
        if isinstance(child, nn.Conv2d | nn.Linear) and not inside:
            nn.init.kaiming_normal_(child.weight, nonlinearity="linear")
            if child.bias is not None:
                nn.init.zeros_(child.bias)
    return network


def _owners(network: nn.Module, name: str) -> list[nn.Module]:
    parts = name.split(".")
    return [network.get_submodule(".".join(parts[:i])) for i in range(len(parts))]


class Resample(nn.Module):
    """Doubles or halves an image's sides bilinearly, then changes its channels."""

    def __init__(self, before: int, after: int, up: bool) -> None:
        super().__init__()
        self.up = up
        self.change = nn.Conv2d(before, after, 1, bias=False) if before != after else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Return ``[B, after, 2H, 2W]`` or ``[B, after, H/2, W/2]``."""
        if not self.up:
            return self.change(F.avg_pool2d(x, 2))  # type: ignore[no-any-return]
        x = self.change(x)  # one convolution on the smaller image: the two commute
        return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


class Basis(nn.Module):
    """A learned map ``[C, h, w]`` whose channels the latent scales: where R3GAN's G starts."""

    def __init__(self, latent: int, channels: int, size: tuple[int, int]) -> None:
        super().__init__()
        self.basis = nn.Parameter(torch.randn(channels, *size))
        self.scale = nn.Linear(latent, channels, bias=False)

    def forward(self, z: Tensor) -> Tensor:
        """Return ``[B, C, h, w]`` of ``z [B, latent]``."""
        return self.scale(z)[:, :, None, None] * self.basis  # type: ignore[no-any-return]
