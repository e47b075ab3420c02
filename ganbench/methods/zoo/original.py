"""The original GAN. Goodfellow et al. 2014.

min_G max_D  E log sigmoid(D(x)) + E log(1 - sigmoid(D(G(z))))      (eq. 1)

``minimax``: both networks optimise this value with opposite signs, and G's loss saturates.
``ns``, the non-saturating GAN (section 3): G maximises log sigmoid(D(G(z))).

The paper fixes no optimiser; the constants are DCGAN's (Radford et al. 2015, section 4: Adam 2e-4,
beta1 0.5).
"""

from ganbench.core.kinds import Paper, Variant
from ganbench.core.registry import register
from ganbench.methods.losses import logistic_d, minimax_g, nonsaturating_g
from ganbench.methods.optimisers import Adam

PAPER = Paper("Generative Adversarial Nets", "Goodfellow et al.", 2014, arxiv="1406.2661")

minimax = register(
    Variant(
        name="minimax",
        paper=PAPER,
        family="f-divergence",
        equation="D: sp(-r) + sp(f)   G: -sp(f)",
        d_loss=logistic_d,
        g_loss=minimax_g,
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
        core=True,
    )
)
ns = register(
    Variant(
        name="ns",
        paper=PAPER,
        family="f-divergence",
        equation="D: sp(-r) + sp(f)   G: sp(-f)",
        d_loss=logistic_d,
        g_loss=nonsaturating_g,
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
        core=True,
    )
)
