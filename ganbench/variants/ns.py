"""The non-saturating GAN. Goodfellow et al. 2014, section 3: the generator maximises log D(G(z)).

The constants are DCGAN's (Radford et al. 2015, section 4: Adam 2e-4, beta1 0.5).
"""

from ganbench.losses import logistic_d, nonsaturating_g
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

register(
    Variant(
        name="ns",
        paper=Paper("Generative Adversarial Nets", "Goodfellow et al.", 2014, arxiv="1406.2661"),
        family="f-divergence",
        equation="D: sp(-r) + sp(f)   G: sp(-f)",
        d_loss=logistic_d,
        g_loss=nonsaturating_g,
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
        core=True,
    )
)
