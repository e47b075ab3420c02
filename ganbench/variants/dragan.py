"""DRAGAN: a penalty around the data. Kodali et al. 2017, Algorithm 1: lambda = 10, k = 1."""

from ganbench.losses import logistic_d, nonsaturating_g
from ganbench.optim import Adam
from ganbench.penalties import dragan_noise, dragan_penalty
from ganbench.registry import register
from ganbench.spec import Paper, Penalty, Variant

register(
    Variant(
        name="dragan",
        paper=Paper(
            "On Convergence and Stability of GANs", "Kodali et al.", 2017, arxiv="1705.07215"
        ),
        family="gradient-penalty",
        equation="D: sp(-r) + sp(f) + 10 (|grad D| - 1)^2 near real samples   G: sp(-f)",
        d_loss=logistic_d,
        g_loss=nonsaturating_g,
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
        penalties=(Penalty(dragan_penalty, weight=10.0, noise=dragan_noise),),
        requires={"per_sample_d"},
    )
)
