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


class MinibatchStd(nn.Module):
    """A discriminator with one more feature: the mean standard deviation over the batch.

    Karras et al. 2018, section 3, with the whole batch as one group and 1e-8 under the root.
    """

    def __init__(self, inner: nn.Module, outputs: int) -> None:
        super().__init__()
        self.inner, self.outputs = inner, outputs
        self.feature_size = int(inner.feature_size) + 1  # type: ignore[arg-type]
        self.of_std = nn.Linear(1, outputs, bias=False)

    def forward(self, x: Tensor, features: bool = False) -> Tensor:
        """Return logits, or the features; see ``Discriminator``."""
        h = self.inner(x, features=True)
        std = (h.var(0, correction=0) + 1e-8).sqrt().mean()
        if features:
            return torch.cat([h, std.expand(len(h), 1)], dim=1)
        y = self.inner.head(h) + self.of_std(std.reshape(1, 1))  # type: ignore[operator]
        return y.flatten(0) if self.outputs == 1 else y


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
