"""WGAN-GP: a penalty on the gradient's norm. Gulrajani et al. 2017, Algorithm 1.

Defaults of Algorithm 1: lambda = 10, n_critic = 5. Its experiments use Adam 1e-4 with
betas (0, 0.9) (Algorithm 1 and section 5.1). No batch normalisation in the critic (section 4). On
points the authors' script has lambda = 0.1, "smaller lambda makes things faster for toy tasks", and
beta1 0.5.
"""

from ganbench.core.kinds import Constants, Modifier, Paper, Penalty, Variant
from ganbench.core.registry import register
from ganbench.methods.losses import wasserstein_d, wasserstein_g
from ganbench.methods.optimisers import Adam
from ganbench.methods.penalties import gradient_penalty

PAPER = Paper("Improved Training of Wasserstein GANs", "Gulrajani et al.", 2017, arxiv="1704.00028")
PENALTY = Penalty(gradient_penalty, weight=10.0)
ON_POINTS = Constants(
    {"gradient_penalty.weight": 0.1, "beta1": 0.5},
    "the authors' gan_toy.py: LAMBDA = .1; Adam 1e-4, beta1 0.5, beta2 0.9; 5 critic steps",
)

gp = register(
    Modifier(
        name="gp",
        paper=PAPER,
        equation="10 (|grad D| - 1)^2 on interpolates",
        penalties=(PENALTY,),
        requires={"per_sample_d"},
    )
)
register(
    Variant(
        name="wgan-gp",
        paper=PAPER,
        family="wasserstein",
        equation="D: f - r + 10 (|grad D| - 1)^2 on interpolates   G: -f",
        d_loss=wasserstein_d,
        g_loss=wasserstein_g,
        penalties=(PENALTY,),
        d_steps=5,
        requires={"per_sample_d"},
        optim=Adam(lr=1e-4, betas=(0.0, 0.9)),
        core=True,
        constants={"points": ON_POINTS},
    )
)
