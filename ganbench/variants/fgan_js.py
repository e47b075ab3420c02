"""The f-GAN for the Jensen-Shannon divergence (twice it). Nowozin et al. 2016, tables 2 and 6.

Activation g(v) = log 2 - sp(-v), conjugate f*(g(v)) = sp(v) - log 2.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ganbench.lazy import F
from ganbench.losses import variational_d, variational_g
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

if TYPE_CHECKING:
    from torch import Tensor


def _activation(v: Tensor) -> Tensor:
    return math.log(2) - F.softplus(-v)


def _conjugate(v: Tensor) -> Tensor:
    return F.softplus(v) - math.log(2)


register(
    Variant(
        name="fgan-js",
        paper=Paper(
            "f-GAN: Training Generative Neural Samplers using Variational Divergence Minimization",
            "Nowozin et al.",
            2016,
            arxiv="1606.00709",
        ),
        family="f-divergence",
        equation="D: sp(-r) + sp(f) - 2 log 2   G: sp(-f) - log 2",
        d_loss=variational_d(_activation, _conjugate),
        g_loss=variational_g(_activation),
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
