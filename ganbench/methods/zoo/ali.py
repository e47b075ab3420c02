"""Adversarially learned inference. Dumoulin et al. 2017, Algorithm 1.

D tells (x, E(x)) from (G(z), z); the encoder returns the mean and the deviation of a Gaussian.
Adam 1e-4 with beta1 0.5 (its appendix A).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core.kinds import Paper, Variant
from ganbench.core.lazy import F
from ganbench.core.registry import register
from ganbench.methods.losses import logistic_d
from ganbench.methods.network_wraps import encoder, joint
from ganbench.methods.optimisers import Adam

if TYPE_CHECKING:
    from torch import Tensor


def inference_g(real: Tensor, fake: Tensor) -> Tensor:
    """Return E sp(-f) + E sp(r): both sides of the pair fool D. Algorithm 1."""
    return F.softplus(-fake).mean() + F.softplus(real).mean()


register(
    Variant(
        name="ali",
        paper=Paper("Adversarially Learned Inference", "Dumoulin et al.", 2017, arxiv="1606.00704"),
        family="inference",
        equation="D: sp(-r) + sp(f) on (x, E(x)), (G(z), z)   G: sp(-f) + sp(r), for E too",
        d_loss=logistic_d,
        g_loss=inference_g,
        network_wraps=(encoder(spread=True),),
        joint=joint(spread=True),
        g_reads_real=True,
        requires={"features", "decoder"},
        optim=Adam(lr=1e-4, betas=(0.5, 0.999)),
    )
)
