"""WGAN-GP's penalty. Gulrajani et al. 2017, Algorithm 1: lambda = 10."""

from ganbench.penalties import gradient_penalty, interpolation_noise
from ganbench.registry import register
from ganbench.spec import Modifier, Paper, Penalty

PAPER = Paper("Improved Training of Wasserstein GANs", "Gulrajani et al.", 2017, arxiv="1704.00028")


register(
    Modifier(
        name="gp",
        paper=PAPER,
        equation="10 (|grad D| - 1)^2 on interpolates",
        penalties=(Penalty(gradient_penalty, weight=10.0, noise=interpolation_noise),),
        requires={"per_sample_d"},
    )
)
