"""VEEGAN: an encoder that inverts the generator. Srivastava et al. 2017, eq. 4.

D tells (x, F(x)) from (G(z), z); G and F also learn to bring z back. F is deterministic here: the
architecture's discriminator with as many outputs as a latent has. The adversarial part is ALI's,
softplus of the logits and for F too; the authors' code takes the logits themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.lazy import F
from ganbench.losses import logistic_d
from ganbench.networks import encoder, joint
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Term, Variant
from ganbench.terms import latent_reconstruction

if TYPE_CHECKING:
    from torch import Tensor


def _g(real: Tensor, fake: Tensor) -> Tensor:
    """Return E sp(-f) + E sp(r): both sides of the pair fool D, as in ALI."""
    return F.softplus(-fake).mean() + F.softplus(real).mean()


register(
    Variant(
        name="veegan",
        paper=Paper(
            "VEEGAN: Reducing Mode Collapse in GANs using Implicit Variational Learning",
            "Srivastava et al.",
            2017,
            arxiv="1705.07761",
        ),
        family="inference",
        equation="D: sp(-r) + sp(f) on (x, F x), (G z, z)   G: sp(-f) + sp(r) + |z - F G z|^2",
        d_loss=logistic_d,
        g_loss=_g,
        terms=(Term(latent_reconstruction, weight=1.0),),
        networks=(encoder(spread=False),),
        joint=joint(spread=False),
        g_reads_real=True,
        requires={"features", "decoder"},
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
