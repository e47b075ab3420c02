"""The relativistic average hinge GAN. Jolicoeur-Martineau 2019, appendix."""

from ganbench.losses import hinge_d, relative_d, relative_g
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

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
        equation="D: relu(1 - (r - E f)) + relu(1 + f - E r)   G: r and f swapped",
        d_loss=relative_d(hinge_d),
        g_loss=relative_g(hinge_d),
        g_reads_real=True,
        pointwise=False,
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
