"""R1 and R2: gamma/2 E |grad D|^2 on real or generated samples. Mescheder et al. 2018, eq. 9-10.

gamma = 10, as in its section 6.
"""

from ganbench.penalties import r1, r2
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
        name="r1",
        paper=PAPER,
        equation="10/2 |grad D|^2 on real samples",
        penalties=(Penalty(r1, weight=10.0),),
        requires={"per_sample_d"},
    )
)

register(
    Modifier(
        name="r2",
        paper=PAPER,
        equation="10/2 |grad D|^2 on generated samples",
        penalties=(Penalty(r2, weight=10.0),),
        requires={"per_sample_d"},
    )
)
