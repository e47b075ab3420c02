"""The least-squares GAN with WGAN-GP's penalty. Kurach et al. 2019, section 2.2; lambda = 10."""

from ganbench.losses import least_squares_d, least_squares_g
from ganbench.optim import Adam
from ganbench.penalties import gradient_penalty, interpolation_noise
from ganbench.registry import register
from ganbench.spec import Paper, Penalty, Variant

register(
    Variant(
        name="lsgan-gp",
        paper=Paper(
            "A Large-Scale Study on Regularization and Normalization in GANs",
            "Kurach et al.",
            2019,
            arxiv="1807.04720",
        ),
        family="least-squares",
        equation="D: (r - 1)^2/2 + f^2/2 + 10 (|grad D| - 1)^2 on interpolates   G: (f - 1)^2/2",
        d_loss=least_squares_d,
        g_loss=least_squares_g,
        penalties=(Penalty(gradient_penalty, weight=10.0, noise=interpolation_noise),),
        requires={"per_sample_d"},
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
