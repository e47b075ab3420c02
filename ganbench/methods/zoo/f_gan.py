"""f-GANs: variational bounds of f-divergences. Nowozin et al. 2016, eq. 7, tables 2 and 6.

    divergence          activation g(v)     conjugate f*(g(v))
    KL                  v                   exp(v - 1)
    reverse KL          -exp(-v)            v - 1
    Pearson chi^2       v                   v^2/4 + v
    squared Hellinger   1 - exp(-v)         exp(v) - 1
    Jensen-Shannon      log 2 - sp(-v)      sp(v) - log 2       (twice the divergence)

D minimises -E g(r) + E f*(g(f)), G minimises -E g(f) (section 3.2). Adam with DCGAN's constants.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from ganbench.core.kinds import Paper, Variant
from ganbench.core.lazy import F
from ganbench.core.registry import register
from ganbench.methods.losses import Loss
from ganbench.methods.optimisers import Adam

if TYPE_CHECKING:
    from torch import Tensor


Pointwise = Callable[["Tensor"], "Tensor"]

PAPER = Paper(
    "f-GAN: Training Generative Neural Samplers using Variational Divergence Minimization",
    "Nowozin et al.",
    2016,
    arxiv="1606.00709",
)
DIVERGENCES: dict[str, tuple[Pointwise, Pointwise, str]] = {
    "kl": (lambda v: v, lambda v: (v - 1).exp(), "D: exp(f - 1) - r   G: -f"),
    "rkl": (lambda v: -(-v).exp(), lambda v: v - 1, "D: exp(-r) + f - 1   G: exp(-f)"),
    "pearson": (lambda v: v, lambda v: v.square() / 4 + v, "D: f^2/4 + f - r   G: -f"),
    "hellinger": (
        lambda v: 1 - (-v).exp(),
        lambda v: v.exp() - 1,
        "D: exp(-r) - 1 + exp(f) - 1   G: exp(-f) - 1",
    ),
    "js": (
        lambda v: math.log(2) - F.softplus(-v),
        lambda v: F.softplus(v) - math.log(2),
        "D: sp(-r) + sp(f) - 2 log 2   G: sp(-f) - log 2",
    ),
}


SAME = {"js": "ns"}  # but for 2 log 2 and log 2


def variational_d(activation: Pointwise, conjugate: Pointwise) -> Loss:
    """Return -E g(r) + E f*(g(f)), ``conjugate`` being f* after g. Eq. 7."""
    return lambda real, fake: conjugate(fake).mean() - activation(real).mean()


def variational_g(activation: Pointwise) -> Loss:
    """Return -E g(f). Section 3.2."""
    return lambda real, fake: -activation(fake).mean()


for divergence, (activation, conjugate, equation) in DIVERGENCES.items():
    register(
        Variant(
            name=f"fgan-{divergence}",
            paper=PAPER,
            family="f-divergence",
            equation=equation,
            d_loss=variational_d(activation, conjugate),
            g_loss=variational_g(activation),
            optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
            same_gradients_as=SAME.get(divergence, ""),
            same_method_as=SAME.get(divergence, ""),
        )
    )
