"""Layers whose training pass is a pure function: no running statistics, no hidden random state.

A layer that needs randomness is a ``NoisyLayer``; one that normalises over the batch has
``BatchStatistics``. The trainer asks for these base classes, never for an attribute's name.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganbench.core.kinds import Networks, Noise


class NoisyLayer(nn.Module):
    """A layer whose training pass reads random buffers, which are given with each call."""

    def noise(self, batch: int) -> dict[str, Noise]:
        """Return ``{buffer: how it is drawn}`` for a training call on ``batch`` samples."""
        raise NotImplementedError


class BatchStatistics(nn.Module):
    """A layer whose training pass reads statistics of the whole batch.

    Its evaluation pass reads buffers in their place, which ``training.sampling`` measures on a
    fixed set of latents.
    """

    def statistics(self, x: Tensor) -> dict[str, Tensor]:
        """Return ``{buffer: value}`` that training mode uses for the input ``x [B, ...]``."""
        raise NotImplementedError


class BatchNorm(BatchStatistics):
    """Batch normalisation over all axes but the second. Ioffe & Szegedy 2015.

    Training mode uses the statistics of the batch and keeps none. Evaluation mode uses the buffers
    ``mean`` and ``var`` [C], which ``training.sampling`` measures on a fixed set of latents, so
    that a sample never depends on the batch it is generated in, and the statistics always belong to
    the weights (raw or averaged) that are evaluated.
    """

    mean: Tensor
    var: Tensor

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("mean", torch.zeros(channels), persistent=False)
        self.register_buffer("var", torch.ones(channels), persistent=False)
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Normalise ``x [B, C, ...]``."""
        mean, var = (None, None) if self.training else (self.mean, self.var)
        return F.batch_norm(x, mean, var, self.weight, self.bias, self.training, 0.0, self.eps)

    def statistics(self, x: Tensor) -> dict[str, Tensor]:
        """Return the mean and the (biased) variance that training mode uses for ``x``."""
        axes = [0, *range(2, x.ndim)]
        return {"mean": x.mean(axes), "var": x.var(axes, correction=0)}


class ToImage(nn.Module):
    """A transposed convolution (4x4, stride 2, padding 1) to few channels, as product and fold.

    The same function and initial weights as ``nn.ConvTranspose2d(before, after, 4, 2, 1)``, whose
    CPU kernel takes several times as long when ``after`` is 1 to 3, and which vectorises over
    lanes as a batched matrix product.
    """

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        like = nn.ConvTranspose2d(before, after, 4, 2, 1)
        self.weight, self.bias = like.weight, like.bias

    def forward(self, x: Tensor) -> Tensor:
        """Return ``[B, after, 2H, 2W]`` of ``x [B, before, H, W]``."""
        assert self.bias is not None
        size = torch.Size((2 * x.shape[2], 2 * x.shape[3]))
        return _transposed(x, self.weight, size) + self.bias[:, None, None]


def _transposed(x: Tensor, weight: Tensor, size: torch.Size) -> Tensor:
    """Return the transposed convolution (4x4, stride 2, padding 1) of ``x [B, C, H, W]``.

    Args:
        weight: ``[C, C', 4, 4]``. size: of the result's images, ``[B, C', *size]``.
    """
    columns = torch.bmm(weight.flatten(1).T.expand(len(x), -1, -1), x.flatten(2))
    return F.fold(columns, size, kernel_size=4, padding=1, stride=2)


class _FromImage(torch.autograd.Function):
    """A convolution whose gradient with respect to its input is a product and a fold."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """Return ``[B, C', H / 2, W / 2]`` of ``x [B, C, H, W]``."""
        return F.conv2d(x, weight, bias, stride=2, padding=1)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        """Keep what the gradients need."""
        ctx.save_for_backward(*inputs[:2])

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, ...]:
        """Return the gradients of ``x``, ``weight`` and ``bias``; they can be derived again."""
        (x, weight), (grad,) = ctx.saved_tensors, grads
        _, of_weight, of_bias = torch.ops.aten.convolution_backward(
            grad, x, weight, [len(weight)], [2, 2], [1, 1], [1, 1], False, [0, 0], 1,
            [False, True, True],
        )  # fmt: skip
        return _transposed(grad, weight, x.shape[2:]), of_weight, of_bias


class FromImage(nn.Conv2d):
    """A convolution (4x4, stride 2, padding 1) of few channels: the mirror image of ``ToImage``.

    The same function and initial weights as ``nn.Conv2d(before, after, 4, 2, 1)``, whose CPU kernel
    takes several times as long for the gradient that G and penalties need.
    """

    def __init__(self, before: int, after: int) -> None:
        super().__init__(before, after, 4, 2, 1)

    def forward(self, input: Tensor) -> Tensor:
        """Return ``[B, after, H / 2, W / 2]`` of ``input [B, before, H, W]``."""
        return _FromImage.apply(input, self.weight, self.bias)  # type: ignore[no-any-return]


class Maxout(nn.Module):
    """The largest of several linear functions. Goodfellow et al. 2013, arXiv:1302.4389."""

    def __init__(self, before: int, after: int, pieces: int) -> None:
        super().__init__()
        self.linear, self.pieces = nn.Linear(before, after * pieces), pieces

    def forward(self, x: Tensor) -> Tensor:
        """Return ``[B, after]`` of ``x [B, before]``."""
        return self.linear(x).unflatten(1, (self.pieces, -1)).amax(1)


def small_normal(networks: Networks, std: float = 0.02) -> Networks:
    """Return ``networks`` with weights from N(0, std^2) and zero biases, as DCGAN starts."""
    for network in (networks.generator, networks.discriminator):
        for module in network.modules():
            if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
                nn.init.normal_(module.weight, std=std)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
    return networks


def he_normal(layers: list[nn.Module], slope: float) -> None:
    """Draw the weights of ``layers`` from N(0, 2 / (1 + slope^2) / fan_in).

    He et al. 2015, arXiv:1502.01852, eq. 15.
    """
    for layer in layers:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, slope)


class Affine(nn.Module):
    """A factor and a number to add for each channel: batch normalisation without statistics."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x [B, C, ...]``, each channel scaled and moved."""
        shape = (-1, *(1 for _ in range(x.ndim - 2)))
        return x * self.weight.reshape(shape) + self.bias.reshape(shape)


def without_batch_norm(network: nn.Module) -> nn.Module:
    """Return ``network``, changed in place, with ``Affine`` for every ``BatchNorm``.

    Where there was one, weights are drawn anew as ``he_normal`` draws them, because nothing else
    keeps the scale of the signal from layer to layer.
    """
    found = [m for m in network.modules() if isinstance(m, BatchNorm)]
    for module in network.modules() if found else ():
        for name, child in module.named_children():
            if isinstance(child, BatchNorm):
                setattr(module, name, Affine(len(child.weight)))
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight)
        elif isinstance(module, nn.ConvTranspose2d):  # an output is met by k^2/stride^2 weights
            inputs = module.in_channels * math.prod(module.kernel_size)
            nn.init.normal_(module.weight, std=math.sqrt(2 * math.prod(module.stride) / inputs))
    return network


class Dropout(NoisyLayer):
    """Dropout whose mask is an input: the buffer ``keep``, ``[B, features]``, given with each call.

    Srivastava et al. 2014; the kept values are scaled by 1 / (1 - p). Evaluation mode is the
    identity.
    """

    keep: Tensor

    def __init__(self, features: int, p: float) -> None:
        super().__init__()
        self.features, self.p = features, p
        self.register_buffer("keep", torch.ones(1, features, dtype=torch.bool), persistent=False)

    def noise(self, batch: int) -> dict[str, Noise]:
        """Return the buffers that a training call must be given, and how to draw them."""
        return {"keep": Noise("keep", (batch, self.features), self.p)}

    def forward(self, x: Tensor) -> Tensor:
        """Drop entries of ``x [B, features]``."""
        return x * self.keep / (1 - self.p) if self.training else x
