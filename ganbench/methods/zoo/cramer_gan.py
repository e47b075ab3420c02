"""The Cramer GAN: energy distance of vectors. Bellemare et al. 2017, Algorithm 1.

256 outputs, penalty 10 on the critic f(x) = E |h(x) - h(G(z))| - E |h(x) - h(x')|, Adam 1e-4 with
betas (0.5, 0.9), 5 steps of D. Both players see the whole energy distance, estimated without bias
over all pairs of a batch, where the paper's critic puts 0 for h(x').
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core.kinds import Paper, Penalty, Variant
from ganbench.core.registry import register
from ganbench.methods.divergences import mmd2, negative_distance, witness
from ganbench.methods.optimisers import Adam
from ganbench.methods.penalties import witness_penalty

if TYPE_CHECKING:
    from torch import Tensor


def energy_distance(real: Tensor, fake: Tensor) -> Tensor:
    """Return 2 E |r - f| - E |r - r'| - E |f - f'| of ``[B, 256]``."""
    return mmd2(real, fake, negative_distance)


def critic_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Return minus the energy distance."""
    return -energy_distance(real, fake)


register(
    Variant(
        name="cramer-gan",
        paper=Paper(
            "The Cramer Distance as a Solution to Biased Wasserstein Gradients",
            "Bellemare et al.",
            2017,
            arxiv="1705.10743",
        ),
        family="moment-matching",
        equation="D: -energy distance + 10 (|grad critic| - 1)^2   G: energy distance   that is "
        "mmd-gan-gp with the kernel -|x - y|, in place of the authors' surrogate",
        d_loss=critic_loss,
        g_loss=energy_distance,
        d_outputs=256,
        penalties=(Penalty(witness_penalty(witness(negative_distance)), weight=10.0),),
        pointwise=False,
        g_reads_real=True,
        d_steps=5,
        requires={"features", "per_sample_d"},
        optim=Adam(lr=1e-4, betas=(0.5, 0.9)),
    )
)
