"""WGAN-GP. Gulrajani et al. 2017, Algorithm 1.

Defaults of Algorithm 1: lambda = 10, n_critic = 5. Its experiments use Adam 1e-4 with
betas (0, 0.9) (Algorithm 1 and section 5.1). No batch normalisation in the critic (section 4).
"""

from ganbench.losses import wasserstein_d, wasserstein_g
from ganbench.optim import Adam
from ganbench.penalties import gradient_penalty, interpolation_noise
from ganbench.registry import register
from ganbench.spec import Paper, Penalty, Variant

register(
    Variant(
        name="wgan-gp",
        paper=Paper(
            "Improved Training of Wasserstein GANs", "Gulrajani et al.", 2017, arxiv="1704.00028"
        ),
        family="wasserstein",
        equation="D: f - r + 10 (|grad D| - 1)^2 on interpolates   G: -f",
        d_loss=wasserstein_d,
        g_loss=wasserstein_g,
        penalties=(Penalty(gradient_penalty, weight=10.0, noise=interpolation_noise),),
        d_steps=5,
        optim=Adam(lr=1e-4, betas=(0.0, 0.9)),
        requires={"per_sample_d"},
        core=True,
    )
)
