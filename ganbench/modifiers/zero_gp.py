"""The zero-centred penalty on interpolates. Mescheder et al. 2018, section 4; weight 10."""

from ganbench.penalties import interpolation_noise, zero_centred_penalty
from ganbench.registry import register
from ganbench.spec import Modifier, Paper, Penalty

PAPER = Paper(
    "Which Training Methods for GANs do actually Converge?",
    "Mescheder et al.",
    2018,
    arxiv="1801.04406",
)


register(
    Modifier(
        name="0gp",
        paper=PAPER,
        equation="10 |grad D|^2 on interpolates",
        penalties=(Penalty(zero_centred_penalty, weight=10.0, noise=interpolation_noise),),
        requires={"per_sample_d"},
    )
)
