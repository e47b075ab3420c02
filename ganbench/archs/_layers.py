"""Layers whose training pass is a pure function: no running statistics, no hidden random state."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganbench.spec import Noise


class BatchNorm(nn.Module):
    """Batch normalisation over all axes but the second. Ioffe & Szegedy 2015.

    Training mode uses the statistics of the batch and keeps none. Evaluation mode uses the buffers
    ``mean`` and ``var`` [C], which ``train.sampling`` measures on a fixed set of latents, so that
    a sample never depends on the batch it is generated in, and the statistics always belong to
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

    @staticmethod
    def statistics(x: Tensor) -> dict[str, Tensor]:
        """Return the mean and the (biased) variance that training mode uses for ``x``."""
        axes = [0, *range(2, x.ndim)]
        return {"mean": x.mean(axes), "var": x.var(axes, correction=0)}


class Dropout(nn.Module):
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
