"""Minibatch standard deviation as a feature of D. Karras et al. 2018, section 3.

On the non-saturating GAN with DCGAN's constants; the statistic is over the whole batch.
"""

from ganbench.losses import logistic_d, nonsaturating_g
from ganbench.networks import minibatch_std
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

register(
    Variant(
        name="minibatch-std",
        paper=Paper(
            "Progressive Growing of GANs for Improved Quality, Stability, and Variation",
            "Karras et al.",
            2018,
            arxiv="1710.10196",
        ),
        family="packing",
        equation="D: sp(-r) + sp(f), D seeing the deviation over the batch   G: sp(-f)",
        d_loss=logistic_d,
        g_loss=nonsaturating_g,
        networks=(minibatch_std,),
        requires={"features"},
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
