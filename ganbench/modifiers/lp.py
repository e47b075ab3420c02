"""The one-sided (Lipschitz) penalty. Petzka et al. 2018, eq. 8; lambda = 10 as in WGAN-GP."""

from ganbench.penalties import interpolation_noise, one_sided_penalty
from ganbench.registry import register
from ganbench.spec import Modifier, Paper, Penalty

PAPER = Paper(
    "On the regularization of Wasserstein GANs", "Petzka et al.", 2018, arxiv="1709.08894"
)


register(
    Modifier(
        name="lp",
        paper=PAPER,
        equation="10 max(0, |grad D| - 1)^2 on interpolates",
        penalties=(Penalty(one_sided_penalty, weight=10.0, noise=interpolation_noise),),
        requires={"per_sample_d"},
    )
)
