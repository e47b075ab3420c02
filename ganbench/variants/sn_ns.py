"""Spectral normalisation with the non-saturating loss. Miyato et al. 2018, Algorithm 1.

Adam 2e-4, betas (0, 0.9), 5 discriminator steps.
"""

from ganbench.constraints import spectral_norm
from ganbench.losses import logistic_d, nonsaturating_g
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

register(
    Variant(
        name="sn-ns",
        paper=Paper(
            "Spectral Normalization for Generative Adversarial Networks",
            "Miyato et al.",
            2018,
            arxiv="1802.05957",
        ),
        family="spectral-normalisation",
        equation="D: sp(-r) + sp(f)   G: sp(-f)   every layer of D of norm 1",
        d_loss=logistic_d,
        g_loss=nonsaturating_g,
        constraint=spectral_norm(),
        d_steps=5,
        optim=Adam(lr=2e-4, betas=(0.0, 0.9)),
    )
)
