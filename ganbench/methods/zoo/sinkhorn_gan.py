"""The Sinkhorn GAN: an entropic transport cost of learned vectors. Genevay et al. 2018.

16 outputs of D, whose weights are clipped to [-0.01, 0.01]; costs are counted in the median cost
between two samples of the joint batch, epsilon is a tenth of it, 20 iterations; RMSprop 5e-5 and 5
steps of D, as for the other methods that clip. These numbers are ours: the paper's differ between
its data sets (section 5). With an epsilon of 1 in the units of D's outputs, which a clipped network
hardly tells apart, the divergence was that of the means. Whether the authors' D is normalised could
not be looked up; it is not here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core.kinds import Paper, Variant
from ganbench.core.registry import register
from ganbench.methods.constraints import weight_clip
from ganbench.methods.divergences import median_square, sinkhorn_divergence
from ganbench.methods.optimisers import RMSprop

if TYPE_CHECKING:
    from torch import Tensor


def sinkhorn_g(real: Tensor, fake: Tensor) -> Tensor:
    """Return the Sinkhorn divergence of ``[B, 16]``, in median costs."""
    unit = median_square(real, fake).sqrt()
    return sinkhorn_divergence(real / unit, fake / unit, epsilon=0.1, iterations=20)


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
        equation="D: -S   G: S   the Sinkhorn divergence of 16 outputs, in median costs; clipped",
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
