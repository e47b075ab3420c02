"""WGAN-div: the Wasserstein divergence. Wu et al. 2018, eq. 9: k = 2, p = 6 (section 4.1).

Rates and critic steps are WGAN-GP's here. The penalty's points are real and generated samples, half
of each, so that its weight is k; the authors' code takes interpolates and a weight of 10.
"""

from ganbench.losses import wasserstein_d, wasserstein_g
from ganbench.optim import Adam
from ganbench.penalties import divergence_penalty
from ganbench.registry import register
from ganbench.spec import Paper, Penalty, Variant

register(
    Variant(
        name="wgan-div",
        paper=Paper("Wasserstein Divergence for GANs", "Wu et al.", 2018, arxiv="1712.01026"),
        family="wasserstein",
        equation="D: f - r + 2 |grad D|^6 on real and generated samples   G: -f",
        d_loss=wasserstein_d,
        g_loss=wasserstein_g,
        penalties=(Penalty(divergence_penalty, weight=2.0),),
        d_steps=5,
        requires={"per_sample_d"},
        optim=Adam(lr=1e-4, betas=(0.0, 0.9)),
    )
)
