"""The Wasserstein divergence GAN. Wu et al. 2018, eq. 9, with k = 2 and p = 6.

x is real or generated with equal chances, so that the term is k/2 (E |grad D(real)|^6 + E |grad
D(fake)|^6). Optimiser and steps are WGAN-GP's.
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
        optim=Adam(lr=1e-4, betas=(0.0, 0.9)),
        penalties=(Penalty(divergence_penalty, weight=2.0),),
        d_steps=5,
        requires={"per_sample_d"},
    )
)
