"""f-GAN of the squared Hellinger distance. Nowozin et al. 2016.

Tables 2 and 6: g(v) = 1 - exp(-v), f*(t) = t / (1 - t), so that f*(g(v)) = exp(v) - 1.
"""

from ganbench.losses import f_divergence
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

D_LOSS, G_LOSS = f_divergence(activation=lambda v: -(-v).expm1(), conjugate=lambda v: v.expm1())

register(
    Variant(
        name="fgan-hellinger",
        paper=Paper(
            "f-GAN: Training Generative Neural Samplers using Variational Divergence Minimization",
            "Nowozin et al.",
            2016,
            arxiv="1606.00709",
        ),
        family="f-divergence",
        equation="D: exp(f) - 1 - (1 - exp(-r))   G: -(1 - exp(-f))",
        d_loss=D_LOSS,
        g_loss=G_LOSS,
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
