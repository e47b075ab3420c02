"""Feature matching. Salimans et al. 2016, section 3.1: G learns from D's features alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.losses import logistic_d
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Term, Variant
from ganbench.terms import feature_matching

if TYPE_CHECKING:
    from torch import Tensor


def _g(real: Tensor, fake: Tensor) -> Tensor:
    """Return 0: all that G learns from is in the term."""
    return 0 * fake.mean()


register(
    Variant(
        name="feature-matching",
        paper=Paper(
            "Improved Techniques for Training GANs", "Salimans et al.", 2016, arxiv="1606.03498"
        ),
        family="moment-matching",
        equation="D: sp(-r) + sp(f)   G: |E h(x) - E h(G(z))|^2, h D's features",
        d_loss=logistic_d,
        g_loss=_g,
        terms=(Term(feature_matching, weight=1.0),),
        g_reads_real=True,
        pointwise=False,
        requires={"features"},
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
