"""MMD GAN with a mixture of Gaussian kernels. Li et al. 2017, Algorithm 1.

Weights of D in [-0.01, 0.01], RMSprop 5e-5, 5 steps of D (Algorithm 1), 16 outputs as
in Binkowski et al. 2018. Only the unbiased estimate: without the decoder that keeps D injective,
the one-sided term and the extra steps of D of the authors' code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core.kinds import Paper, Variant
from ganbench.core.registry import register
from ganbench.methods.constraints import weight_clip
from ganbench.methods.divergences import mmd2, rbf_mixture
from ganbench.methods.optimisers import RMSprop

if TYPE_CHECKING:
    from torch import Tensor


def mmd_g(real: Tensor, fake: Tensor) -> Tensor:
    """Return MMD^2 of ``[B, 16]``."""
    return mmd2(real, fake, rbf_mixture)


def mmd_d(real: Tensor, fake: Tensor) -> Tensor:
    """Return -MMD^2."""
    return -mmd_g(real, fake)


register(
    Variant(
        name="mmd-gan",
        paper=Paper(
            "MMD GAN: Towards Deeper Understanding of Moment Matching Network",
            "Li et al.",
            2017,
            arxiv="1705.08584",
        ),
        family="moment-matching",
        equation="D: -MMD^2   G: MMD^2   of 16 outputs, Gaussian kernels; weights clipped",
        d_loss=mmd_d,
        g_loss=mmd_g,
        d_outputs=16,
        constraint=weight_clip(0.01),
        pointwise=False,
        g_reads_real=True,
        d_steps=5,
        requires={"features"},
        optim=RMSprop(lr=5e-5),
    )
)
