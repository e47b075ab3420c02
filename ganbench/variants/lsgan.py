"""The least squares GAN. Mao et al. 2017, eq. 9: labels 0 and 1, and 1 for the generator."""

from ganbench.losses import least_squares_d, least_squares_g
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

register(
    Variant(
        name="lsgan",
        paper=Paper(
            "Least Squares Generative Adversarial Networks", "Mao et al.", 2017, arxiv="1611.04076"
        ),
        family="least-squares",
        equation="D: 1/2 (r - 1)^2 + 1/2 f^2   G: 1/2 (f - 1)^2",
        d_loss=least_squares_d,
        g_loss=least_squares_g,
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
        core=True,
    )
)
