"""MMD GAN with a gradient penalty and rational quadratic kernels. Binkowski et al. 2018.

Kernel rq* and 16 outputs, penalty 1 on the witness, Adam 1e-4 with betas (0.5, 0.9), 5 steps of D
(section 5); without the authors' code's small L2 penalty on D's outputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core.kinds import Paper, Penalty, Variant
from ganbench.core.registry import register
from ganbench.methods.divergences import mmd2, rational_quadratic, witness
from ganbench.methods.optimisers import Adam
from ganbench.methods.penalties import witness_penalty

if TYPE_CHECKING:
    from torch import Tensor


def mmd_g(real: Tensor, fake: Tensor) -> Tensor:
    """Return MMD^2 of ``[B, 16]``."""
    return mmd2(real, fake, rational_quadratic)


def mmd_d(real: Tensor, fake: Tensor) -> Tensor:
    """Return -MMD^2."""
    return -mmd_g(real, fake)


register(
    Variant(
        name="mmd-gan-gp",
        paper=Paper("Demystifying MMD GANs", "Binkowski et al.", 2018, arxiv="1801.01401"),
        family="moment-matching",
        equation="D: -MMD^2 + (|grad witness| - 1)^2   G: MMD^2   of D's 16 outputs, kernel rq*",
        d_loss=mmd_d,
        g_loss=mmd_g,
        d_outputs=16,
        penalties=(Penalty(witness_penalty(witness(rational_quadratic)), weight=1.0),),
        pointwise=False,
        g_reads_real=True,
        d_steps=5,
        requires={"features", "per_sample_d"},
        optim=Adam(lr=1e-4, betas=(0.5, 0.9)),
    )
)
