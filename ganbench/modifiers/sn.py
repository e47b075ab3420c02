"""Spectral normalisation of the discriminator. Miyato et al. 2018, Algorithm 1."""

from ganbench.constraints import spectral_norm
from ganbench.registry import register
from ganbench.spec import Modifier, Paper

PAPER = Paper(
    "Spectral Normalization for Generative Adversarial Networks",
    "Miyato et al.",
    2018,
    arxiv="1802.05957",
)


register(
    Modifier(
        name="sn",
        paper=PAPER,
        equation="largest singular value 1 in every layer of D",
        constraint=spectral_norm(),
    )
)
