"""WGAN with a zero-centred penalty on interpolates. Mescheder et al. 2018, section 4.

lambda = 10; rates and critic steps are WGAN-GP's.
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
    "Which Training Methods for GANs do actually Converge?",
    "Mescheder et al.",
    2018,
    arxiv="1801.04406",
)


@reads_noise(interpolation_noise)
def zero_centred_penalty(
    d: Discriminator, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]
) -> Tensor:
    """Return E |grad D(x)|^2 on interpolates. Section 4; Thanh-Tung 2019, eq. 6."""
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
