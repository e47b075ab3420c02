"""Balanced consistency regularisation of images. Zhao et al. 2020, Algorithm 1; weights 10."""

from ganbench.penalties import consistency, shift_noise
from ganbench.registry import register
from ganbench.spec import Modifier, Paper, Penalty

PAPER = Paper(
    "Improved Consistency Regularization for GANs", "Zhao et al.", 2020, arxiv="2002.04724"
)


register(
    Modifier(
        name="bcr",
        paper=PAPER,
        equation="10 (D(x) - D(T(x)))^2 on real and on generated images",
        penalties=(Penalty(consistency, weight=10.0, noise=shift_noise),),
        requires={"images"},
    )
)
