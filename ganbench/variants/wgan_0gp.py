"""WGAN with a zero-centred penalty on interpolates. Mescheder et al. 2018, section 4.

lambda = 10; rates and critic steps are WGAN-GP's.
"""

from ganbench.losses import wasserstein_d, wasserstein_g
from ganbench.optim import Adam
from ganbench.penalties import interpolation_noise, zero_centred_penalty
from ganbench.registry import register
from ganbench.spec import Paper, Penalty, Variant

register(
    Variant(
        name="wgan-0gp",
        paper=Paper(
            "Which Training Methods for GANs do actually Converge?",
            "Mescheder et al.",
            2018,
            arxiv="1801.04406",
        ),
        family="wasserstein",
        equation="D: f - r + 10 |grad D|^2 on interpolates   G: -f",
        d_loss=wasserstein_d,
        g_loss=wasserstein_g,
        penalties=(Penalty(zero_centred_penalty, weight=10.0, noise=interpolation_noise),),
        d_steps=5,
        requires={"per_sample_d"},
        optim=Adam(lr=1e-4, betas=(0.0, 0.9)),
    )
)
