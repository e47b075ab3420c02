"""Relativistic GANs. Jolicoeur-Martineau 2019.

``rsgan``, the relativistic standard GAN, compares logits in pairs (eq. 5). The average forms
compare each logit with the mean of the other side (eq. 10 and 11): ``rasgan`` (logistic),
``ralsgan`` (squares, targets 1 and -1) and ``rahinge``, the last two from the appendix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core.kinds import Paper, Variant
from ganbench.core.registry import register
from ganbench.methods.losses import (
    hinge_d,
    logistic_d,
    relative_d,
    relative_g,
    relativistic_pairing_d,
    relativistic_pairing_g,
)
from ganbench.methods.optimisers import Adam

if TYPE_CHECKING:
    from torch import Tensor


PAPER = Paper(
    "The relativistic discriminator: a key element missing from standard GAN",
    "Jolicoeur-Martineau",
    2019,
    arxiv="1807.00734",
)


def squares(real: Tensor, fake: Tensor) -> Tensor:
    """Return E (r - 1)^2 + E (f + 1)^2."""
    return (real - 1).square().mean() + (fake + 1).square().mean()


register(
    Variant(
        name="rsgan",
        paper=PAPER,
        family="relativistic",
        equation="D: sp(-(r - f))   G: sp(-(f - r))",
        d_loss=relativistic_pairing_d,
        g_loss=relativistic_pairing_g,
        g_reads_real=True,
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
for name, loss, equation in (
    ("rasgan", logistic_d, "D: sp(-(r - E f)) + sp(f - E r)"),
    ("ralsgan", squares, "D: (r - E f - 1)^2 + (f - E r + 1)^2"),
    ("rahinge", hinge_d, "D: relu(1 - (r - E f)) + relu(1 + f - E r)"),
):
    register(
        Variant(
            name=name,
            paper=PAPER,
            family="relativistic",
            equation=f"{equation}   G: r and f swapped",
            d_loss=relative_d(loss),
            g_loss=relative_g(loss),
            g_reads_real=True,
            pointwise=False,
            optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
        )
    )
