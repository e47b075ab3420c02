"""Balanced consistency regularisation. Zhao et al. 2020, Algorithm 1.

Both weights 10; T moves an image by up to an eighth of its side (4 pixels of 32) and mirrors half
of them.
"""

from ganbench.losses import logistic_d, nonsaturating_g
from ganbench.optim import Adam
from ganbench.penalties import consistency, shift_noise
from ganbench.registry import register
from ganbench.spec import Paper, Penalty, Variant

register(
    Variant(
        name="bcr",
        paper=Paper(
            "Improved Consistency Regularization for GANs", "Zhao et al.", 2020, arxiv="2002.04724"
        ),
        family="regularised",
        equation="D: sp(-r) + sp(f) + 10 ((D(x) - D(T(x)))^2 + (same on G(z)))   G: sp(-f)",
        d_loss=logistic_d,
        g_loss=nonsaturating_g,
        penalties=(Penalty(consistency, weight=10.0, noise=shift_noise),),
        requires={"images"},
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
