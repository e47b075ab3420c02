"""WGAN-div: the Wasserstein divergence. Wu et al. 2018, eq. 9: k = 2, p = 6 (section 4.1).

Rates and critic steps are WGAN-GP's here. The penalty's points are real and generated samples, half
of each, so that its weight is k; the authors' code takes interpolates and a weight of 10.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ganbench.core.kinds import Discriminator, Modifier, Paper, Penalty, Variant
from ganbench.core.registry import register
from ganbench.methods.losses import wasserstein_d, wasserstein_g
from ganbench.methods.optimisers import Adam
from ganbench.methods.penalties import input_gradient

if TYPE_CHECKING:
    from torch import Tensor


PAPER = Paper("Wasserstein Divergence for GANs", "Wu et al.", 2018, arxiv="1712.01026")


def divergence_penalty(
    d: Discriminator, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]
) -> Tensor:
    """Return E |grad D(x)|^6, x real or generated with equal chances. Eq. 9."""
    sixth = [input_gradient(d, x).square().sum(1).pow(3).mean() for x in (real, fake)]
    return (sixth[0] + sixth[1]) / 2


PENALTY = Penalty(divergence_penalty, weight=2.0)

register(
    Modifier(
        name="div",
        paper=PAPER,
        equation="2 |grad D|^6 on real and generated samples",
        penalties=(PENALTY,),
        requires={"per_sample_d"},
    )
)
register(
    Variant(
        name="wgan-div",
        paper=PAPER,
        family="wasserstein",
        equation="D: f - r + 2 |grad D|^6 on real and generated samples   G: -f",
        d_loss=wasserstein_d,
        g_loss=wasserstein_g,
        penalties=(PENALTY,),
        d_steps=5,
        requires={"per_sample_d"},
        optim=Adam(lr=1e-4, betas=(0.0, 0.9)),
    )
)
