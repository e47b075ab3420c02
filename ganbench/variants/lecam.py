"""LeCam's regulariser on the non-saturating GAN. Tseng et al. 2021, eq. 7.

Weight 0.3, as in the authors' runs on CIFAR, averages with decay 0.99. As in the equation; the
authors' code clamps both differences at 0 and waits for the averages to settle.
"""

from ganbench.extras import ignoring, lecam, with_lecam
from ganbench.losses import logistic_d, nonsaturating_g
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

register(
    Variant(
        name="lecam",
        paper=Paper(
            "Regularizing Generative Adversarial Networks under Limited Data",
            "Tseng et al.",
            2021,
            arxiv="2104.03310",
        ),
        family="regularised",
        equation="D: sp(-r) + sp(f) + 0.3 ((r - a_F)^2 + (f - a_R)^2)   G: sp(-f)",
        d_loss=with_lecam(logistic_d),
        g_loss=ignoring(nonsaturating_g),
        extra=lecam(weight=0.3, decay=0.99),
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
