"""The relativistic average least-squares GAN. Jolicoeur-Martineau 2019, appendix.

Targets 1 and -1 for the differences.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.losses import relative_d, relative_g
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

if TYPE_CHECKING:
    from torch import Tensor


def _symmetric(real: Tensor, fake: Tensor) -> Tensor:
    """Return E (r - 1)^2 + E (f + 1)^2."""
    return (real - 1).square().mean() + (fake + 1).square().mean()


register(
    Variant(
        name="ralsgan",
        paper=Paper(
            "The relativistic discriminator: a key element missing from standard GAN",
            "Jolicoeur-Martineau",
            2019,
            arxiv="1807.00734",
        ),
        family="relativistic",
        equation="D: (r - E f - 1)^2 + (f - E r + 1)^2   G: r and f swapped",
        d_loss=relative_d(_symmetric),
        g_loss=relative_g(_symmetric),
        g_reads_real=True,
        pointwise=False,
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
