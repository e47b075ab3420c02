"""The sliced Wasserstein GAN. Deshpande et al. 2018, Algorithm 1.

D is trained to classify, G by the sliced W2^2 between D's features on both batches, over 128 random
directions a step (thousands in the authors' code, for features of higher dimension); Adam with
DCGAN's constants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.losses import logistic_d
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Term, Variant
from ganbench.terms import directions, sliced_features

if TYPE_CHECKING:
    from torch import Tensor


def _g(real: Tensor, fake: Tensor) -> Tensor:
    """Return 0: all that G learns from is in the term."""
    return 0 * fake.mean()


register(
    Variant(
        name="sliced-wgan",
        paper=Paper(
            "Generative Modeling using the Sliced Wasserstein Distance",
            "Deshpande et al.",
            2018,
            arxiv="1803.11188",
        ),
        family="optimal-transport",
        equation="D: sp(-r) + sp(f)   G: sliced W2^2 of D's features",
        d_loss=logistic_d,
        g_loss=_g,
        terms=(Term(sliced_features, weight=1.0, noise=directions),),
        g_reads_real=True,
        pointwise=False,
        requires={"features"},
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
