"""f-GAN of the reverse Kullback-Leibler divergence KL(model, data). Nowozin et al. 2016.

Tables 2 and 6: g(v) = -exp(-v), f*(t) = -1 - log(-t), so that f*(g(v)) = v - 1.
"""

from ganbench.losses import f_divergence
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

D_LOSS, G_LOSS = f_divergence(activation=lambda v: -(-v).exp(), conjugate=lambda v: v - 1)

register(
    Variant(
        name="fgan-rkl",
        paper=Paper(
            "f-GAN: Training Generative Neural Samplers using Variational Divergence Minimization",
            "Nowozin et al.",
            2016,
            arxiv="1606.00709",
        ),
        family="f-divergence",
        equation="D: f - 1 + exp(-r)   G: exp(-f)",
        d_loss=D_LOSS,
        g_loss=G_LOSS,
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
