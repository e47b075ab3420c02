"""Softmax GAN: one softmax over the whole batch. Lin 2017, eq. 5-6 (its D is minus our logit)."""

from ganbench.losses import softmax_d, softmax_g
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

register(
    Variant(
        name="softmax-gan",
        paper=Paper("Softmax GAN", "Lin", 2017, arxiv="1704.06191"),
        family="softmax",
        equation="D: log Z - E r   G: log Z - E (r, f)   Z = sum of exp over both",
        d_loss=softmax_d,
        g_loss=softmax_g,
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
        g_reads_real=True,
    )
)
