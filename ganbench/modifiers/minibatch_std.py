"""Minibatch standard deviation as a feature of D. Karras et al. 2018, section 3."""

from ganbench.networks import minibatch_std
from ganbench.registry import register
from ganbench.spec import Modifier, Paper

PAPER = Paper(
    "Progressive Growing of GANs for Improved Quality, Stability, and Variation",
    "Karras et al.",
    2018,
    arxiv="1710.10196",
)


register(
    Modifier(
        name="minibatch-std",
        paper=PAPER,
        equation="D sees the deviation of its features over the batch",
        networks=(minibatch_std,),
        requires={"features"},
    )
)
