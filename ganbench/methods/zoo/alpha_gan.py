"""(alpha_D, alpha_G)-GANs: both players classify by an alpha-loss, each by its own.

Welfert et al. 2023; the loss is Sypherd et al.'s (2022). With p = s(v), the probability that is
given to the right answer,

    l(v) = a / (a - 1) (1 - p^((a - 1) / a)) = (1 - e^(-c sp(-v))) / c,   c = 1 - 1/a

which is sp(-v) = -log p where a = 1, e^-v where a = 1/2, and 1 - p where a is infinite. D minimises
E l(r) + E l(-f) with alpha_D. ``alpha-gan-minimax``: G maximises E l(-f) with alpha_G, and
saturates. ``alpha-gan``: G minimises E l(f). At (1, 1) they are ``minimax`` and ``ns``.

alpha_D 1/2 and alpha_G 1 are ours (below 1 for D, at least 1 for G); the tables of the paper could
not be looked up. The authors' code keeps probabilities in [1e-7, 1 - 1e-7]; nothing is cut here. On
points, their experiment with a ring has torch's Adam with 1e-4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ganbench.core.kinds import Constants, LossState, Paper, Variant
from ganbench.core.lazy import F, torch
from ganbench.core.registry import register
from ganbench.methods.losses import StatefulLoss
from ganbench.methods.optimisers import Adam

if TYPE_CHECKING:
    from torch import Tensor


def alpha_loss(logits: Tensor, alpha: Tensor) -> Tensor:
    """Return the alpha-loss of the answer "real", for each of ``logits [B]``."""
    c = 1 - 1 / alpha
    cross_entropy = F.softplus(-logits)
    is_one = c == 0
    some = c.masked_fill(is_one, 1.0)
    return torch.where(is_one, cross_entropy, -torch.expm1(-some * cross_entropy) / some)


def alpha_d(real: Tensor, fake: Tensor, state: Mapping[str, Tensor]) -> Tensor:
    """Return E l(r) + E l(-f) with alpha_D."""
    return alpha_loss(real, state["d"]).mean() + alpha_loss(-fake, state["d"]).mean()


def alpha_nonsaturating_g(real: Tensor, fake: Tensor, state: Mapping[str, Tensor]) -> Tensor:
    """Return E l(f) with alpha_G."""
    return alpha_loss(fake, state["g"]).mean()


def alpha_minimax_g(real: Tensor, fake: Tensor, state: Mapping[str, Tensor]) -> Tensor:
    """Return -E l(-f) with alpha_G."""
    return -alpha_loss(-fake, state["g"]).mean()


PAPER = Paper(
    "(alpha_D, alpha_G)-GANs: Addressing GAN Training Instabilities via Dual Objectives",
    "Welfert et al.",
    2023,
    arxiv="2302.14320",
)
ON_POINTS = Constants(
    {"lr": 1e-4, "beta1": 0.9}, "the authors' 2D-ring experiment: torch's Adam, both rates 1e-4"
)


def _variant(name: str, g_loss: StatefulLoss, equation: str) -> Variant:
    return Variant(
        name=name,
        paper=PAPER,
        family="f-divergence",
        equation=f"D: l(r) + l(-f)   G: {equation}   l(v) = (1 - e^(-c sp(-v)))/c, c = 1 - 1/alpha",
        d_loss=alpha_d,
        g_loss=g_loss,
        loss_state=LossState("alpha", {"d": 0.5, "g": 1.0}),
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
        constants={"points": ON_POINTS},
    )


register(_variant("alpha-gan", alpha_nonsaturating_g, "l(f)"))
register(_variant("alpha-gan-minimax", alpha_minimax_g, "-l(-f)"))
