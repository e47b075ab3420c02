"""WGAN-GP's penalty on other losses. Kurach et al. 2019, section 2.2; lambda = 10."""

from ganbench.core.kinds import Paper, named_composition
from ganbench.core.registry import register
from ganbench.methods.zoo.lsgan import lsgan
from ganbench.methods.zoo.original import ns
from ganbench.methods.zoo.wgan_gp import gp

PAPER = Paper(
    "A Large-Scale Study on Regularization and Normalization in GANs",
    "Kurach et al.",
    2019,
    arxiv="1807.04720",
)

register(
    named_composition(
        "ns-gp", ns, gp, family="regularised", paper=PAPER,
        equation="D: sp(-r) + sp(f) + 10 (|grad D| - 1)^2 on interpolates   G: sp(-f)",
    )
)  # fmt: skip
register(
    named_composition(
        "lsgan-gp", lsgan, gp, family="least-squares", paper=PAPER,
        equation="D: (r - 1)^2/2 + f^2/2 + 10 (|grad D| - 1)^2 on interpolates   G: (f - 1)^2/2",
    )
)  # fmt: skip
