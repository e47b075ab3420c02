"""WGAN with a zero-centred penalty on interpolates. Thanh-Tung et al. 2019.

The penalty is theirs, on the non-saturating loss there: ``ns+0gp``. The loss of WGAN, lambda = 10,
rates and critic steps are WGAN-GP's. (Mescheder et al. 2018 have R1 and R2 only, on one side each.)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ganbench.core.kinds import Discriminator, Modifier, Paper, Penalty, Variant, reads_noise
from ganbench.core.registry import register
from ganbench.methods.losses import wasserstein_d, wasserstein_g
from ganbench.methods.optimisers import Adam
from ganbench.methods.penalties import input_gradient, interpolated, interpolation_noise

if TYPE_CHECKING:
    from torch import Tensor


PAPER = Paper(
    "Improving Generalization and Stability of Generative Adversarial Networks",
    "Thanh-Tung et al.",
    2019,
    arxiv="1902.03984",
)


@reads_noise(interpolation_noise)
def zero_centred_penalty(
    d: Discriminator, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]
) -> Tensor:
    """Return E |grad D(x)|^2 on interpolates."""
    return input_gradient(d, interpolated(real, fake, noise)).square().sum(1).mean()


PENALTY = Penalty(zero_centred_penalty, weight=10.0)

register(
    Modifier(
        name="0gp",
        paper=PAPER,
        equation="10 |grad D|^2 on interpolates",
        penalties=(PENALTY,),
        requires={"per_sample_d"},
    )
)
register(
    Variant(
        name="wgan-0gp",
        paper=PAPER,
        family="wasserstein",
        equation="D: f - r + 10 |grad D|^2 on interpolates   G: -f",
        d_loss=wasserstein_d,
        g_loss=wasserstein_g,
        penalties=(PENALTY,),
        d_steps=5,
        requires={"per_sample_d"},
        optim=Adam(lr=1e-4, betas=(0.0, 0.9)),
    )
)
