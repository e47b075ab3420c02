"""DRAGAN. Kodali et al. 2017, Algorithm 1: lambda = 10, k = 1, noise 0.5 std U(0, 1).

The penalty is on the logit, as in the authors' code; the constants of Adam are DCGAN's (there 1e-4
with betas 0.5 and 0.9).
"""

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
        family="regularised",
        equation="D: sp(-r) + sp(f) + 10 (|grad D| - 1)^2 near real samples   G: sp(-f)",
        d_loss=logistic_d,
        g_loss=nonsaturating_g,
        penalties=(Penalty(dragan_penalty, weight=10.0, noise=dragan_noise),),
        requires={"per_sample_d"},
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
