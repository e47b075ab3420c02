"""The Cramer GAN: energy distance of vectors. Bellemare et al. 2017, Algorithm 1.

256 outputs, penalty 10 on the critic f(x) = E |h(x) - h(G(z))| - E |h(x) - h(x')|, Adam 1e-4 with
betas (0.5, 0.9), 5 steps of D. Both players see the whole energy distance, estimated without bias
over all pairs of a batch, where the paper's critic puts 0 for h(x').
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.divergences import mmd2, negative_distance, witness
from ganbench.optim import Adam
from ganbench.penalties import interpolation_noise, witness_penalty
from ganbench.registry import register
from ganbench.spec import Paper, Penalty, Variant

if TYPE_CHECKING:
    from torch import Tensor


def _g(real: Tensor, fake: Tensor) -> Tensor:
    """Return 2 E |r - f| - E |r - r'| - E |f - f'| of ``[B, 256]``."""
    return mmd2(real, fake, negative_distance)


def _d(real: Tensor, fake: Tensor) -> Tensor:
    """Return minus the energy distance."""
    return -_g(real, fake)


PENALTY = witness_penalty(witness(negative_distance))

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
        equation="D: -energy distance + 10 (|grad critic| - 1)^2   G: energy distance",
        d_loss=_d,
        g_loss=_g,
        d_outputs=256,
        penalties=(Penalty(PENALTY, weight=10.0, noise=interpolation_noise),),
        pointwise=False,
        g_reads_real=True,
        d_steps=5,
        requires={"features", "per_sample_d"},
        optim=Adam(lr=1e-4, betas=(0.5, 0.9)),
    )
)
