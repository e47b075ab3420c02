"""The non-saturating GAN with WGAN-GP's penalty. Kurach et al. 2019, section 2.2; lambda = 10."""

from ganbench.losses import logistic_d, nonsaturating_g
from ganbench.optim import Adam
from ganbench.penalties import gradient_penalty, interpolation_noise
from ganbench.registry import register
from ganbench.spec import Paper, Penalty, Variant

register(
    Variant(
        name="ns-gp",
        paper=Paper(
            "A Large-Scale Study on Regularization and Normalization in GANs",
            "Kurach et al.",
            2019,
            arxiv="1807.04720",
        ),
        family="regularised",
        equation="D: sp(-r) + sp(f) + 10 (|grad D| - 1)^2 on interpolates   G: sp(-f)",
        d_loss=logistic_d,
        g_loss=nonsaturating_g,
        penalties=(Penalty(gradient_penalty, weight=10.0, noise=interpolation_noise),),
        requires={"per_sample_d"},
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
