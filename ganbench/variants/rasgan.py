"""The relativistic average standard GAN. Jolicoeur-Martineau 2019, eq. 10 and 11."""

from ganbench.losses import logistic_d, relative_d, relative_g
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

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
        equation="D: sp(-(r - E f)) + sp(f - E r)   G: r and f swapped",
        d_loss=relative_d(logistic_d),
        g_loss=relative_g(logistic_d),
        g_reads_real=True,
        pointwise=False,
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
