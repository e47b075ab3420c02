"""The relativistic standard GAN. Jolicoeur-Martineau 2019, eq. 5."""

from ganbench.losses import relativistic_pairing_d, relativistic_pairing_g
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

register(
    Variant(
        name="rsgan",
        paper=Paper(
            "The relativistic discriminator: a key element missing from standard GAN",
            "Jolicoeur-Martineau",
            2019,
            arxiv="1807.00734",
        ),
        family="relativistic",
        equation="D: sp(-(r - f))   G: sp(-(f - r))",
        d_loss=relativistic_pairing_d,
        g_loss=relativistic_pairing_g,
        g_reads_real=True,
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
