"""Instance noise on every input of the discriminator. Sonderby et al. 2016, section 3.

The paper gives no numbers: the standard deviation goes from 0.1 to 0 in a straight line, in units
in which images are -1..1.
"""

from ganbench.registry import register
from ganbench.spec import Line, Modifier, Paper
from ganbench.views import instance_noise

PAPER = Paper(
    "Amortised MAP Inference for Image Super-resolution",
    "Sonderby et al.",
    2016,
    arxiv="1610.04490",
)


register(
    Modifier(
        name="noise",
        paper=PAPER,
        equation="N(0, s^2) on every input of D",
        views=(instance_noise(0.1),),
        schedules={"instance_noise.value": Line(0.1, 0.0)},
    )
)
