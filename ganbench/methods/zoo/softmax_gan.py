"""The softmax GAN: cross-entropy over the whole batch. Lin 2017, eq. 4 and 5."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core.kinds import Paper, Variant
from ganbench.core.lazy import torch
from ganbench.core.registry import register
from ganbench.methods.optimisers import Adam

if TYPE_CHECKING:
    from torch import Tensor


def _log_partition(real: Tensor, fake: Tensor) -> Tensor:
    return torch.cat([real, fake]).logsumexp(0)


def softmax_d(real: Tensor, fake: Tensor) -> Tensor:
    """Return log Z - E r, Z the sum of e^logit over both batches: cross-entropy of a softmax.

    Eq. 4, with a high logit for real: the target is 1/B on each real sample.
    """
    return _log_partition(real, fake) - real.mean()


def softmax_g(real: Tensor, fake: Tensor) -> Tensor:
    """Return the same with the target 1/2B on every sample. Eq. 5."""
    return _log_partition(real, fake) - (real.mean() + fake.mean()) / 2


register(
    Variant(
        name="softmax-gan",
        paper=Paper("Softmax GAN", "Lin", 2017, arxiv="1704.06191"),
        family="f-divergence",
        equation="D: log Z - E r   G: log Z - (E r + E f)/2   Z = sum of e^logit over both batches",
        d_loss=softmax_d,
        g_loss=softmax_g,
        g_reads_real=True,
        pointwise=False,
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
