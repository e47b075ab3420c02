"""The least-squares GAN. Mao et al. 2017, eq. 9: targets 1 for real, 0 for generated samples.

The constants are DCGAN's; the paper's own Adam has beta1 0.5 too.
"""

from ganbench.core.kinds import Paper, Variant
from ganbench.core.registry import register
from ganbench.methods.losses import least_squares_d, least_squares_g
from ganbench.methods.optimisers import Adam

lsgan = register(
    Variant(
        name="lsgan",
        paper=Paper(
            "Least Squares Generative Adversarial Networks", "Mao et al.", 2017, arxiv="1611.04076"
        ),
        family="least-squares",
        equation="D: (r - 1)^2/2 + f^2/2   G: (f - 1)^2/2",
        d_loss=least_squares_d,
        g_loss=least_squares_g,
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
        core=True,
    )
)
