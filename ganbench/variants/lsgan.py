"""The least-squares GAN. Mao et al. 2017, eq. 9: targets 1 for real, 0 for generated samples.

The constants are DCGAN's; the paper's own Adam has beta1 0.5 too.
"""

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
        equation="D: (r - 1)^2/2 + f^2/2   G: (f - 1)^2/2",
        d_loss=least_squares_d,
        g_loss=least_squares_g,
        core=True,
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
