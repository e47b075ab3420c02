"""DRAGAN's penalty around the data. Kodali et al. 2017, Algorithm 1: lambda = 10, k = 1."""

from ganbench.penalties import dragan_noise, dragan_penalty
from ganbench.registry import register
from ganbench.spec import Modifier, Paper, Penalty

PAPER = Paper("On Convergence and Stability of GANs", "Kodali et al.", 2017, arxiv="1705.07215")


register(
    Modifier(
        name="dragan",
        paper=PAPER,
        equation="10 (|grad D| - 1)^2 near real samples",
        penalties=(Penalty(dragan_penalty, weight=10.0, noise=dragan_noise),),
        requires={"per_sample_d"},
    )
)
