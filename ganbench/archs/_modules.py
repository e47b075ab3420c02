"""Networks that architectures and methods are put together from."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganbench.core.kinds import NetworkBuilder

HIDDEN = 128  # of the layer that sees a sample's features beside its latent


class Discriminator(nn.Module):
    """A body ``[B, ...] -> features [B, F]`` and a linear head with any number of outputs."""

    def __init__(self, body: nn.Module, features: int, outputs: int = 1) -> None:
        super().__init__()
        self.body, self.feature_size, self.outputs = body, features, outputs
        self.head = nn.Linear(features, outputs)

    def forward(self, x: Tensor, features: bool = False) -> Tensor:
        """Return logits ``[B]``, or ``[B, outputs]`` if there are more; or the features."""
        h = self.body(x)
        if features:
            return h  # type: ignore[no-any-return]
        return self.head(h).flatten(0) if self.outputs == 1 else self.head(h)  # type: ignore[no-any-return]


GROUP = 4  # samples, over which the minibatch standard deviation is taken


def minibatch_std(x: Tensor) -> Tensor:
    """Return ``[B, 1, ...]``, for each sample the mean standard deviation of its group of 4.

    Karras et al. 2018, section 3, and its code: the deviation of each number over the group, the
    mean of these, 1e-8 under the root; groups hold every B/4th sample. A batch that does not divide
    is one group.
    """
    size = GROUP if len(x) % GROUP == 0 else len(x)
    grouped = x.reshape(size, -1, *x.shape[1:])
    std = (grouped.var(0, correction=0) + 1e-8).sqrt().flatten(1).mean(1)
    return std.repeat(size).reshape(-1, *(1 for _ in x.shape[1:]))


class WithMinibatchStd(nn.Module):
    """A convolution or linear layer that is given one more map: ``minibatch_std`` of its input.

    What the map adds is a layer of its own, which is the same function; its weights start as widely
    spread as the others.
    """

    def __init__(self, layer: nn.Conv2d | nn.Linear) -> None:
        super().__init__()
        self.layer = layer
        if isinstance(layer, nn.Linear):
            self.of_std: nn.Module = nn.Linear(1, layer.out_features, bias=False)
        else:
            geometry = (layer.kernel_size, layer.stride, layer.padding)
            self.of_std = nn.Conv2d(1, layer.out_channels, *geometry, bias=False)  # type: ignore[arg-type]
        if not layer.weight.is_meta:  # which has no numbers
            nn.init.normal_(self.of_std.weight, std=float(layer.weight.detach().std()))  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's output for ``x [B, C, ...]`` with one more channel."""
        std = minibatch_std(x).expand(len(x), 1, *x.shape[2:])
        return self.layer(x) + self.of_std(std)  # type: ignore[no-any-return]


def with_minibatch_std(body: nn.Module) -> None:
    """Give the last convolution of ``body`` (or linear layer, without one) its deviation too."""
    layers = {n: m for n, m in body.named_modules() if isinstance(m, nn.Conv2d | nn.Linear)}
    convolutions = [n for n, m in layers.items() if isinstance(m, nn.Conv2d)]
    last = (convolutions or list(layers))[-1]
    parent, _, name = last.rpartition(".")
    setattr(body.get_submodule(parent), name, WithMinibatchStd(layers[last]))


class Autoencoder(nn.Module):
    """A discriminator that returns how badly it reconstructs a sample."""

    def __init__(
        self, encoder: nn.Module, decoder: nn.Module, error: Callable[[Tensor], Tensor], code: bool
    ) -> None:
        super().__init__()
        self.encoder, self.decoder, self.error, self.code = encoder, decoder, error, code
        self.feature_size = encoder.outputs

    def forward(self, x: Tensor, features: bool = False) -> Tensor:
        """Return the errors ``[B]``, or ``[B, 1 + Z]`` with the code; or only the code."""
        code = self.encoder(x).reshape(len(x), -1)
        if features:
            return code  # type: ignore[no-any-return]
        error = self.error((self.decoder(code) - x).flatten(1))
        return torch.cat([error[:, None], code], dim=1) if self.code else error


class WithEncoder(nn.Module):
    """A generator and the encoder that plays on its side."""

    def __init__(self, generator: nn.Module, encoder: nn.Module) -> None:
        super().__init__()
        self.generator, self.encoder = generator, encoder

    def forward(self, x: Tensor, encode: bool = False) -> Tensor:
        """Return samples of latents ``[B, Z]``, or codes ``[B, -1]`` of samples."""
        if encode:
            return self.encoder(x).reshape(len(x), -1)  # type: ignore[no-any-return]
        return self.generator(x)  # type: ignore[no-any-return]


class JointBody(nn.Module):
    """Features of rows that hold a sample and a latent, side by side."""

    def __init__(self, trunk: nn.Module, shape: tuple[int, ...], latent: int) -> None:
        super().__init__()
        self.trunk, self.shape, self.numbers = trunk, shape, math.prod(shape)
        self.mix = nn.Linear(HIDDEN + latent, HIDDEN)

    def forward(self, rows: Tensor) -> Tensor:
        """Return ``[B, HIDDEN]`` of rows ``[B, numbers + Z]``."""
        x, z = rows[:, : self.numbers], rows[:, self.numbers :]
        h = F.leaky_relu(self.trunk(x.reshape(-1, *self.shape)), 0.2)
        return F.leaky_relu(self.mix(torch.cat([h, z], dim=1)), 0.2)


def joint_discriminator(
    builder: NetworkBuilder, shape: tuple[int, ...], latent: int, outputs: int
) -> Discriminator:
    """Return a discriminator of rows that hold a sample of ``shape`` and a latent."""
    trunk = builder(shape, HIDDEN).discriminator
    return Discriminator(JointBody(trunk, shape, latent), HIDDEN, outputs)
