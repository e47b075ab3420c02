"""The Jensen-Shannon regulariser. Roth et al. 2017, eq. 22 and Algorithm 1.

gamma starts at 2 and falls by equal factors to a hundredth of it at the end.
"""

from ganbench.losses import logistic_d, nonsaturating_g
from ganbench.optim import Adam
from ganbench.penalties import jensen_shannon_penalty
from ganbench.registry import register
from ganbench.spec import Decay, Paper, Penalty, Variant

register(
    Variant(
        name="jsreg",
        paper=Paper(
            "Stabilizing Training of Generative Adversarial Networks through Regularization",
            "Roth et al.",
            2017,
            arxiv="1705.09367",
        ),
        family="regularised",
        equation="D: sp(-r) + sp(f) + g/2 (s(-r)^2 |grad r|^2 + s(f)^2 |grad f|^2)   G: sp(-f)",
        d_loss=logistic_d,
        g_loss=nonsaturating_g,
        penalties=(Penalty(jensen_shannon_penalty, weight=2.0),),
        schedules={"jensen_shannon_penalty.weight": Decay(2.0, 0.02)},
        requires={"per_sample_d"},
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
