"""The Sinkhorn GAN: an entropic transport cost of learned vectors. Genevay et al. 2018.

epsilon = 1 and 20 iterations for 16 outputs of D, whose weights are clipped to [-0.01, 0.01];
RMSprop 5e-5 and 5 steps of D, as for the other methods that clip. These numbers are ours: the
paper's differ between its data sets (section 5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core.kinds import Paper, Variant
from ganbench.core.registry import register
from ganbench.methods.constraints import weight_clip
from ganbench.methods.divergences import sinkhorn_divergence
from ganbench.methods.optimisers import RMSprop

if TYPE_CHECKING:
    from torch import Tensor


def sinkhorn_g(real: Tensor, fake: Tensor) -> Tensor:
    """Return the Sinkhorn divergence of ``[B, 16]``."""
    return sinkhorn_divergence(real, fake, epsilon=1.0, iterations=20)


def sinkhorn_d(real: Tensor, fake: Tensor) -> Tensor:
    """Return minus the Sinkhorn divergence."""
    return -sinkhorn_g(real, fake)


register(
    Variant(
        name="sinkhorn-gan",
        paper=Paper(
            "Learning Generative Models with Sinkhorn Divergences",
            "Genevay et al.",
            2018,
            arxiv="1706.00292",
        ),
        family="optimal-transport",
        equation="D: -S   G: S   the Sinkhorn divergence of 16 outputs; weights clipped",
        d_loss=sinkhorn_d,
        g_loss=sinkhorn_g,
        d_outputs=16,
        constraint=weight_clip(0.01),
        pointwise=False,
        g_reads_real=True,
        d_steps=5,
        requires={"features"},
        optim=RMSprop(lr=5e-5),
    )
)
