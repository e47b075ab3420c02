"""MMD GAN with a gradient penalty and rational quadratic kernels. Binkowski et al. 2018.

Kernel rq* and 16 outputs, penalty 1 on the witness, Adam 1e-4 with betas (0.5, 0.9), 5 steps of D
(section 5); without the authors' code's small L2 penalty on D's outputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.divergences import mmd2, rational_quadratic, witness
from ganbench.optim import Adam
from ganbench.penalties import interpolation_noise, witness_penalty
from ganbench.registry import register
from ganbench.spec import Paper, Penalty, Variant

if TYPE_CHECKING:
    from torch import Tensor


def _g(real: Tensor, fake: Tensor) -> Tensor:
    """Return MMD^2 of ``[B, 16]``."""
    return mmd2(real, fake, rational_quadratic)


def _d(real: Tensor, fake: Tensor) -> Tensor:
    """Return -MMD^2."""
    return -_g(real, fake)


PENALTY = witness_penalty(witness(rational_quadratic))

register(
    Variant(
        name="mmd-gan-gp",
        paper=Paper("Demystifying MMD GANs", "Binkowski et al.", 2018, arxiv="1801.01401"),
        family="moment-matching",
        equation="D: -MMD^2 + (|grad witness| - 1)^2   G: MMD^2   of D's 16 outputs, kernel rq*",
        d_loss=_d,
        g_loss=_g,
        d_outputs=16,
        penalties=(Penalty(PENALTY, weight=1.0, noise=interpolation_noise),),
        pointwise=False,
        g_reads_real=True,
        d_steps=5,
        requires={"features", "per_sample_d"},
        optim=Adam(lr=1e-4, betas=(0.5, 0.9)),
    )
)
