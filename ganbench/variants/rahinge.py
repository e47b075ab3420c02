"""The relativistic average hinge GAN. Jolicoeur-Martineau 2019, section 4."""

from ganbench.lazy import F
from ganbench.losses import relativistic_average
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

D_LOSS, G_LOSS = relativistic_average(upper=lambda x: F.relu(1 - x), lower=lambda x: F.relu(1 + x))

register(
    Variant(
        name="rahinge",
        paper=Paper(
            "The relativistic discriminator: a key element missing from standard GAN",
            "Jolicoeur-Martineau",
            2019,
            arxiv="1807.00734",
        ),
        family="relativistic",
        equation="D: relu(1 - r + Ef) + relu(1 + f - Er)   G: relu(1 - f + Er) + relu(1 + r - Ef)",
        d_loss=D_LOSS,
        g_loss=G_LOSS,
        g_reads_real=True,
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
