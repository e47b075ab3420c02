"""WGAN with the one-sided (Lipschitz) penalty. Petzka et al. 2018, eq. 8.

lambda = 10, and rates and critic steps as in WGAN-GP, whose set-up its section 5 takes over.
"""

from ganbench.losses import wasserstein_d, wasserstein_g
from ganbench.optim import Adam
from ganbench.penalties import interpolation_noise, one_sided_penalty
from ganbench.registry import register
from ganbench.spec import Paper, Penalty, Variant

register(
    Variant(
        name="wgan-lp",
        paper=Paper(
            "On the regularization of Wasserstein GANs", "Petzka et al.", 2018, arxiv="1709.08894"
        ),
        family="wasserstein",
        equation="D: f - r + 10 max(0, |grad D| - 1)^2 on interpolates   G: -f",
        d_loss=wasserstein_d,
        g_loss=wasserstein_g,
        penalties=(Penalty(one_sided_penalty, weight=10.0, noise=interpolation_noise),),
        d_steps=5,
        requires={"per_sample_d"},
        optim=Adam(lr=1e-4, betas=(0.0, 0.9)),
    )
)
