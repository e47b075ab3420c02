"""f-GAN of the Jensen-Shannon divergence (twice, as the paper defines it). Nowozin et al. 2016.

Tables 2 and 6: g(v) = log 2 - sp(-v), f*(t) = -log(2 - exp t), so that f*(g(v)) = sp(v) - log 2.
"""

import math

from ganbench.lazy import F
from ganbench.losses import f_divergence
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

D_LOSS, G_LOSS = f_divergence(
    activation=lambda v: math.log(2) - F.softplus(-v),
    conjugate=lambda v: F.softplus(v) - math.log(2),
)

register(
    Variant(
        name="fgan-js",
        paper=Paper(
            "f-GAN: Training Generative Neural Samplers using Variational Divergence Minimization",
            "Nowozin et al.",
            2016,
            arxiv="1606.00709",
        ),
        family="f-divergence",
        equation="D: sp(f) + sp(-r) - 2 log 2   G: sp(-f) - log 2",
        d_loss=D_LOSS,
        g_loss=G_LOSS,
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
