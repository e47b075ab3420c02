"""Spectral normalisation with the hinge loss. Miyato et al. 2018, Algorithm 1.

Adam 2e-4, betas (0, 0.9), 5 discriminator steps.
"""

from ganbench.constraints import spectral_norm
from ganbench.losses import hinge_d, wasserstein_g
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

register(
    Variant(
        name="sn-hinge",
        paper=Paper(
            "Spectral Normalization for Generative Adversarial Networks",
            "Miyato et al.",
            2018,
            arxiv="1802.05957",
        ),
        family="spectral-normalisation",
        equation="D: relu(1 - r) + relu(1 + f)   G: -f   every layer of D of norm 1",
        d_loss=hinge_d,
        g_loss=wasserstein_g,
        constraint=spectral_norm(),
        d_steps=5,
        core=True,
        optim=Adam(lr=2e-4, betas=(0.0, 0.9)),
    )
)
