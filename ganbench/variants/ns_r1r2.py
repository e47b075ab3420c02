"""The non-saturating GAN with gamma/2 |grad D|^2 on both sides. Mescheder et al. 2018.

Eq. 9 and 10 with gamma = 10 and RMSprop 1e-4 (section 6). The paper also averages the generator's
weights: ``--ema 0.999``.
"""

from ganbench.losses import logistic_d, nonsaturating_g
from ganbench.optim import RMSprop
from ganbench.penalties import r1, r2
from ganbench.registry import register
from ganbench.spec import Paper, Penalty, Variant

register(
    Variant(
        name="ns-r1r2",
        paper=Paper(
            "Which Training Methods for GANs do actually Converge?",
            "Mescheder et al.",
            2018,
            arxiv="1801.04406",
        ),
        family="gradient-penalty",
        equation="D: sp(-r) + sp(f) + 10/2 |grad D|^2 on real and generated samples   G: sp(-f)",
        d_loss=logistic_d,
        g_loss=nonsaturating_g,
        optim=RMSprop(lr=1e-4),
        penalties=(Penalty(r1, weight=10.0), Penalty(r2, weight=10.0)),
        requires={"per_sample_d"},
    )
)
