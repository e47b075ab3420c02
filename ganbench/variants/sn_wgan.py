"""Spectral normalisation in the discriminator, with the losses of wgan. Miyato et al. 2018.

The rates and steps are setting C of its table 1, on which its figures rest.
"""

from ganbench.constraints import spectral_norm
from ganbench.losses import wasserstein_d, wasserstein_g
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

register(
    Variant(
        name="sn-wgan",
        paper=Paper(
            "Spectral Normalization for Generative Adversarial Networks",
            "Miyato et al.",
            2018,
            arxiv="1802.05957",
        ),
        family="spectral-norm",
        equation="D: f - r, |W| = 1   G: -f",
        d_loss=wasserstein_d,
        g_loss=wasserstein_g,
        optim=Adam(lr=2e-4, betas=(0.0, 0.9)),
        constraint=spectral_norm(),
        d_steps=5,
    )
)
