"""The original minimax game, whose generator loss saturates. Goodfellow et al. 2014.

min_G max_D  E log sigmoid(D(x)) + E log(1 - sigmoid(D(G(z))))      (eq. 1)

Both networks optimise the same value with opposite signs. The paper fixes no optimiser;
the constants are DCGAN's (Radford et al. 2015, section 4: Adam 2e-4, beta1 0.5).
"""

from ganbench.losses import logistic_d, minimax_g
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

register(
    Variant(
        name="minimax",
        paper=Paper("Generative Adversarial Nets", "Goodfellow et al.", 2014, arxiv="1406.2661"),
        family="f-divergence",
        equation="D: sp(-r) + sp(f)   G: -sp(f)",
        d_loss=logistic_d,
        g_loss=minimax_g,
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
        core=True,
    )
)
