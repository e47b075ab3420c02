"""The softmax GAN: cross-entropy over the whole batch. Lin 2017, eq. 4 and 5."""

from ganbench.losses import softmax_d, softmax_g
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

register(
    Variant(
        name="softmax-gan",
        paper=Paper("Softmax GAN", "Lin", 2017, arxiv="1704.06191"),
        family="f-divergence",
        equation="D: log Z - E r   G: log Z - (E r + E f)/2   Z = sum of e^logit over both batches",
        d_loss=softmax_d,
        g_loss=softmax_g,
        g_reads_real=True,
        pointwise=False,
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
