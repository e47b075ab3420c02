"""The unrolled GAN: G looks 5 updates of D ahead. Metz et al. 2017, section 2.2.

G's loss is the non-saturating one, where the authors' demonstration has the minimax value; both
networks learn by Adam with DCGAN's constants.
"""

from ganbench.losses import logistic_d, nonsaturating_g
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

register(
    Variant(
        name="unrolled-5",
        paper=Paper(
            "Unrolled Generative Adversarial Networks", "Metz et al.", 2017, arxiv="1611.02163"
        ),
        family="unrolled",
        equation="D: sp(-r) + sp(f)   G: sp(-f) after 5 more updates of D",
        d_loss=logistic_d,
        g_loss=nonsaturating_g,
        game="unrolled-5",
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
