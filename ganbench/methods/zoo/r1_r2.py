"""Zero-centred penalties on real (R1) and generated (R2) samples. Mescheder et al. 2018, eq. 9-10.

gamma/2 E |grad D|^2 with gamma = 10, and RMSprop 1e-4 (section 6). The paper shows an average of
the generator: ask for it with ``--ema 0.999``; by default all variants are compared by their last
weights.
"""

from ganbench.core.kinds import Modifier, Paper, Penalty, Variant, named_composition
from ganbench.core.registry import register
from ganbench.methods.losses import logistic_d, nonsaturating_g
from ganbench.methods.optimisers import RMSprop
from ganbench.methods.penalties import r1, r2

PAPER = Paper(
    "Which Training Methods for GANs do actually Converge?",
    "Mescheder et al.",
    2018,
    arxiv="1801.04406",
)

register(
    Modifier(
        name="r1",
        paper=PAPER,
        equation="10/2 |grad D|^2 on real samples",
        penalties=(Penalty(r1, weight=10.0),),
        requires={"per_sample_d"},
    )
)
with_r2 = register(
    Modifier(
        name="r2",
        paper=PAPER,
        equation="10/2 |grad D|^2 on generated samples",
        penalties=(Penalty(r2, weight=10.0),),
        requires={"per_sample_d"},
    )
)
ns_r1 = register(
    Variant(
        name="ns-r1",
        paper=PAPER,
        family="regularised",
        equation="D: sp(-r) + sp(f) + 10/2 |grad D(x)|^2   G: sp(-f)",
        d_loss=logistic_d,
        g_loss=nonsaturating_g,
        penalties=(Penalty(r1, weight=10.0),),
        requires={"per_sample_d"},
        optim=RMSprop(lr=1e-4),
        core=True,
    )
)
register(
    Variant(
        name="ns-r2",
        paper=PAPER,
        family="regularised",
        equation="D: sp(-r) + sp(f) + 10/2 |grad D(G(z))|^2   G: sp(-f)",
        d_loss=logistic_d,
        g_loss=nonsaturating_g,
        penalties=(Penalty(r2, weight=10.0),),
        requires={"per_sample_d"},
        optim=RMSprop(lr=1e-4),
    )
)
register(
    named_composition(
        "ns-r1r2", ns_r1, with_r2, family="regularised",
        equation="D: sp(-r) + sp(f) + 10/2 (|grad D(x)|^2 + |grad D(G(z))|^2)   G: sp(-f)",
    )
)  # fmt: skip
