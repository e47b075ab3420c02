"""Spectral normalisation of the discriminator. Miyato et al. 2018, Algorithm 1.

The variants have Adam 2e-4 with betas (0, 0.9) and 5 discriminator steps; the modifier ``sn`` keeps
those of its base.
"""

from ganbench.core.kinds import Modifier, Paper, Variant
from ganbench.core.registry import register
from ganbench.methods.constraints import spectral_norm
from ganbench.methods.losses import (
    hinge_d,
    logistic_d,
    nonsaturating_g,
    wasserstein_d,
    wasserstein_g,
)
from ganbench.methods.optimisers import Adam

PAPER = Paper(
    "Spectral Normalization for Generative Adversarial Networks",
    "Miyato et al.",
    2018,
    arxiv="1802.05957",
)

register(
    Modifier(
        name="sn",
        paper=PAPER,
        equation="largest singular value 1 in every layer of D",
        constraint=spectral_norm(),
    )
)
for name, d_loss, g_loss, equation, core in (
    ("sn-ns", logistic_d, nonsaturating_g, "D: sp(-r) + sp(f)   G: sp(-f)", False),
    ("sn-hinge", hinge_d, wasserstein_g, "D: relu(1 - r) + relu(1 + f)   G: -f", True),
    ("sn-wgan", wasserstein_d, wasserstein_g, "D: f - r   G: -f", False),
):
    register(
        Variant(
            name=name,
            paper=PAPER,
            family="spectral-normalisation",
            equation=f"{equation}   every layer of D of norm 1",
            d_loss=d_loss,
            g_loss=g_loss,
            constraint=spectral_norm(),
            d_steps=5,
            optim=Adam(lr=2e-4, betas=(0.0, 0.9)),
            core=core,
        )
    )
