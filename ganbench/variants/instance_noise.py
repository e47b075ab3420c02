"""Instance noise on every input of the discriminator. Sonderby et al. 2016, section 3.

The paper gives no numbers: the standard deviation goes from 0.1 to 0 in a straight line, in units
in which images are -1..1.
"""

from ganbench.losses import logistic_d, nonsaturating_g
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Line, Paper, Variant
from ganbench.views import instance_noise

register(
    Variant(
        name="instance-noise",
        paper=Paper(
            "Amortised MAP Inference for Image Super-resolution",
            "Sonderby et al.",
            2016,
            arxiv="1610.04490",
        ),
        family="regularised",
        equation="D: sp(-r) + sp(f) on x + N(0, s^2)   G: sp(-f)",
        d_loss=logistic_d,
        g_loss=nonsaturating_g,
        views=(instance_noise(0.1),),
        schedules={"instance_noise.value": Line(0.1, 0.0)},
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
