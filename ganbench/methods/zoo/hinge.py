"""The hinge GAN. Lim & Ye 2017, "Geometric GAN", section 3.

The constants are DCGAN's, as for the other losses; the authors' scripts for images take RMSprop.
"""

from ganbench.core.kinds import Paper, Variant
from ganbench.core.registry import register
from ganbench.methods.losses import hinge_d, wasserstein_g
from ganbench.methods.optimisers import Adam

register(
    Variant(
        name="hinge",
        paper=Paper("Geometric GAN", "Lim & Ye", 2017, arxiv="1705.02894"),
        family="integral-probability-metric",
        equation="D: relu(1 - r) + relu(1 + f)   G: -f",
        d_loss=hinge_d,
        g_loss=wasserstein_g,
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
        core=True,
    )
)
