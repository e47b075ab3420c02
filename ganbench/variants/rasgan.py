"""The relativistic average standard GAN. Jolicoeur-Martineau 2019, section 4."""

from ganbench.lazy import F
from ganbench.losses import relativistic_average
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

D_LOSS, G_LOSS = relativistic_average(upper=lambda x: F.softplus(-x), lower=lambda x: F.softplus(x))

register(
    Variant(
        name="rasgan",
        paper=Paper(
            "The relativistic discriminator: a key element missing from standard GAN",
            "Jolicoeur-Martineau",
            2019,
            arxiv="1807.00734",
        ),
        family="relativistic",
        equation="D: sp(-(r - E f)) + sp(f - E r)   G: sp(-(f - E r)) + sp(r - E f)",
        d_loss=D_LOSS,
        g_loss=G_LOSS,
        g_reads_real=True,
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
        core=True,
    )
)
