"""WGAN with weight clipping. Arjovsky et al. 2017, Algorithm 1.

Defaults of Algorithm 1: alpha = 5e-5 (RMSprop), c = 0.01, n_critic = 5. In the authors' code
(``models/dcgan.py``) D has batch normalisation in all layers but the first and the last, and their
option ``--noBN`` takes it from G only: ``d_norm``. What is left out: their 100 steps of D in the
first 25 updates of G and in every 500th, because ``d_steps`` is one number here. On points
(``gan_toy.py`` of WGAN-GP's authors, mode wgan) the numbers are the same and D is not normalised.
"""

from ganbench.core.kinds import Paper, Variant
from ganbench.core.registry import register
from ganbench.methods.constraints import weight_clip
from ganbench.methods.losses import wasserstein_d, wasserstein_g
from ganbench.methods.optimisers import RMSprop

register(
    Variant(
        name="wgan",
        paper=Paper("Wasserstein GAN", "Arjovsky et al.", 2017, arxiv="1701.07875"),
        family="wasserstein",
        equation="D: f - r   G: -f   weights of D clipped to [-0.01, 0.01]",
        d_loss=wasserstein_d,
        g_loss=wasserstein_g,
        constraint=weight_clip(0.01),
        d_steps=5,
        optim=RMSprop(lr=5e-5),
        core=True,
        d_norm="batch",
    )
)
