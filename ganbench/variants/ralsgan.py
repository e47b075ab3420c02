"""The relativistic average least squares GAN. Jolicoeur-Martineau 2019, section 4."""

from ganbench.losses import relativistic_average
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

D_LOSS, G_LOSS = relativistic_average(
    upper=lambda x: (x - 1).square(), lower=lambda x: (x + 1).square()
)

register(
    Variant(
        name="ralsgan",
        paper=Paper(
            "The relativistic discriminator: a key element missing from standard GAN",
            "Jolicoeur-Martineau",
            2019,
            arxiv="1807.00734",
        ),
        family="relativistic",
        equation="D: (r - E f - 1)^2 + (f - E r + 1)^2   G: (f - E r - 1)^2 + (r - E f + 1)^2",
        d_loss=D_LOSS,
        g_loss=G_LOSS,
        g_reads_real=True,
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
