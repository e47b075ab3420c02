"""Top-k training. Sinha et al. 2020, section 3: G learns from its best samples only.

The share falls by equal factors from the whole batch to a half of it (nu = 0.5) over the budget;
the paper multiplies by 0.99 each epoch.
"""

from ganbench.extras import ignoring, top_k, with_top_k
from ganbench.losses import logistic_d, nonsaturating_g
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Decay, Paper, Variant

register(
    Variant(
        name="top-k",
        paper=Paper(
            "Top-k Training of GANs: Improving GAN Performance by Throwing Away Bad Samples",
            "Sinha et al.",
            2020,
            arxiv="2002.06224",
        ),
        family="regularised",
        equation="D: sp(-r) + sp(f)   G: sp(-f) over the share with the highest f, 1 -> 1/2",
        d_loss=ignoring(logistic_d),
        g_loss=with_top_k(nonsaturating_g),
        extra=top_k(),
        schedules={"top_k.share": Decay(1.0, 0.5)},
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
