"""WGAN with the one-sided (Lipschitz) penalty. Petzka et al. 2018, eq. 8.

lambda = 10, and rates and critic steps as in WGAN-GP, whose set-up its section 5 takes over. Its
experiments on points keep lambda = 10 (with RMSprop 5e-5 and 10 critic steps, 100 in the first 25
updates, which are not taken over), so that there are no other constants for points.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ganbench.core.kinds import Discriminator, Modifier, Paper, Penalty, Variant, reads_noise
from ganbench.core.registry import register
from ganbench.methods.losses import wasserstein_d, wasserstein_g
from ganbench.methods.optimisers import Adam
from ganbench.methods.penalties import gradient_norm, interpolated, interpolation_noise

if TYPE_CHECKING:
    from torch import Tensor


PAPER = Paper(
    "On the regularization of Wasserstein GANs", "Petzka et al.", 2018, arxiv="1709.08894"
)


@reads_noise(interpolation_noise)
def one_sided_penalty(
    d: Discriminator, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]
) -> Tensor:
    """Return E max(0, |grad D(x)| - 1)^2 on interpolates. Eq. 8."""
    excess = gradient_norm(d, interpolated(real, fake, noise)) - 1
    return excess.clamp(min=0).square().mean()


PENALTY = Penalty(one_sided_penalty, weight=10.0)

register(
    Modifier(
        name="lp",
        paper=PAPER,
        equation="10 max(0, |grad D| - 1)^2 on interpolates",
        penalties=(PENALTY,),
        requires={"per_sample_d"},
    )
)
register(
    Variant(
        name="wgan-lp",
        paper=PAPER,
        family="wasserstein",
        equation="D: f - r + 10 max(0, |grad D| - 1)^2 on interpolates   G: -f",
        d_loss=wasserstein_d,
        g_loss=wasserstein_g,
        penalties=(PENALTY,),
        d_steps=5,
        requires={"per_sample_d"},
        optim=Adam(lr=1e-4, betas=(0.0, 0.9)),
    )
)
