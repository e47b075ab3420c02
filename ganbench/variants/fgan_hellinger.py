"""The f-GAN for the squared Hellinger distance. Nowozin et al. 2016, tables 2 and 6.

Activation g(v) = 1 - exp(-v), conjugate f*(g(v)) = exp(v) - 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.losses import variational_d, variational_g
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

if TYPE_CHECKING:
    from torch import Tensor


def _activation(v: Tensor) -> Tensor:
    return 1 - (-v).exp()


def _conjugate(v: Tensor) -> Tensor:
    return v.exp() - 1


register(
    Variant(
        name="fgan-hellinger",
        paper=Paper(
            "f-GAN: Training Generative Neural Samplers using Variational Divergence Minimization",
            "Nowozin et al.",
            2016,
            arxiv="1606.00709",
        ),
        family="f-divergence",
        equation="D: exp(-r) - 1 + exp(f) - 1   G: exp(-f) - 1",
        d_loss=variational_d(_activation, _conjugate),
        g_loss=variational_g(_activation),
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
