"""The Wasserstein divergence's penalty. Wu et al. 2018, eq. 9, with k = 2 and p = 6."""

from ganbench.penalties import divergence_penalty
from ganbench.registry import register
from ganbench.spec import Modifier, Paper, Penalty

PAPER = Paper("Wasserstein Divergence for GANs", "Wu et al.", 2018, arxiv="1712.01026")


register(
    Modifier(
        name="div",
        paper=PAPER,
        equation="2 |grad D|^6 on real and generated samples",
        penalties=(Penalty(divergence_penalty, weight=2.0),),
        requires={"per_sample_d"},
    )
)
