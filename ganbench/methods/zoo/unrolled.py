"""The unrolled GAN: G looks 5 or 10 updates of D ahead. Metz et al. 2017, section 2.2.

G's loss is the non-saturating one, where the authors' demonstration has the minimax value; both
networks learn by Adam with DCGAN's constants, on points with their demonstration's. The updates
ahead are the game ``unrolled-K``.
"""

from ganbench.core.kinds import Constants, Paper, Variant
from ganbench.core.registry import register
from ganbench.methods.losses import logistic_d, nonsaturating_g
from ganbench.methods.optimisers import Adam

ON_POINTS = Constants(
    {"g.lr": 1e-3, "d.lr": 1e-4},
    "the authors' demonstration: Adam 1e-3 for G, 1e-4 for D, beta1 0.5",
)
PAPER = Paper("Unrolled Generative Adversarial Networks", "Metz et al.", 2017, arxiv="1611.02163")

for k in (5, 10):
    register(
        Variant(
            name=f"unrolled-{k}",
            paper=PAPER,
            family="unrolled",
            equation=f"D: sp(-r) + sp(f)   G: sp(-f) after {k} more updates of D",
            d_loss=logistic_d,
            g_loss=nonsaturating_g,
            game=f"unrolled-{k}",
            optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
            same_method_as="" if k == 5 else "unrolled-5",
            constants={"points": ON_POINTS},
        )
    )
