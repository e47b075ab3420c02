"""f-GAN of the Pearson chi-squared divergence. Nowozin et al. 2016.

Tables 2 and 6: g(v) = v, f*(t) = t^2/4 + t.
"""

from ganbench.losses import f_divergence
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

D_LOSS, G_LOSS = f_divergence(activation=lambda v: v, conjugate=lambda v: v.square() / 4 + v)

register(
    Variant(
        name="fgan-pearson",
        paper=Paper(
            "f-GAN: Training Generative Neural Samplers using Variational Divergence Minimization",
            "Nowozin et al.",
            2016,
            arxiv="1606.00709",
        ),
        family="f-divergence",
        equation="D: f^2/4 + f - r   G: -f",
        d_loss=D_LOSS,
        g_loss=G_LOSS,
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
