"""The non-saturating GAN with a zero-centred penalty on generated samples. Mescheder et al. 2018.

gamma = 10 and RMSprop 1e-4 (section 6). The paper shows an average of the generator: ask for it
with ``--ema 0.999``; by default all variants are compared by their last weights.
"""

from ganbench.losses import logistic_d, nonsaturating_g
from ganbench.optim import RMSprop
from ganbench.penalties import r2
from ganbench.registry import register
from ganbench.spec import Paper, Penalty, Variant

register(
    Variant(
        name="ns-r2",
        paper=Paper(
            "Which Training Methods for GANs do actually Converge?",
            "Mescheder et al.",
            2018,
            arxiv="1801.04406",
        ),
        family="regularised",
        equation="D: sp(-r) + sp(f) + 10/2 |grad D(G(z))|^2   G: sp(-f)",
        d_loss=logistic_d,
        g_loss=nonsaturating_g,
        penalties=(Penalty(r2, weight=10.0),),
        requires={"per_sample_d"},
        optim=RMSprop(lr=1e-4),
    )
)
