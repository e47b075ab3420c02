"""PacGAN: the discriminator sees 2 samples at once. Lin et al. 2018, section 3.

The loss and the constants are those of the non-saturating GAN, as in its section 4. A batch of B
samples makes B // 2 inputs, so that budgets in images stay comparable; a batch of the authors' code
has B inputs, as in ``ganbench verify mixtures``.
"""

from ganbench.losses import logistic_d, nonsaturating_g
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant
from ganbench.views import pack

register(
    Variant(
        name="pacgan-2",
        paper=Paper(
            "PacGAN: The power of two samples in generative adversarial networks",
            "Lin et al.",
            2018,
            arxiv="1712.04086",
        ),
        family="packing",
        equation="D: sp(-r) + sp(f) on 2 samples at once   G: sp(-f)",
        d_loss=logistic_d,
        g_loss=nonsaturating_g,
        views=(pack(2),),
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
