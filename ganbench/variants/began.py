"""BEGAN: boundary equilibrium with an autoencoder. Berthelot et al. 2017, section 3.4.

R is the mean absolute error; k moves with rate 1e-3, Adam 1e-4 (section 4.1). gamma = 0.75 is the
usual choice of later implementations; the paper shows 0.3 to 0.7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.extras import balance, began_d
from ganbench.networks import autoencoder
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

if TYPE_CHECKING:
    from torch import Tensor


def _g(real: Tensor, fake: Tensor, extra: object) -> Tensor:
    """Return E R(G(z))."""
    return fake.mean()


register(
    Variant(
        name="began",
        paper=Paper(
            "BEGAN: Boundary Equilibrium Generative Adversarial Networks",
            "Berthelot et al.",
            2017,
            arxiv="1703.10717",
        ),
        family="autoencoder",
        equation="D: R(x) - k R(G(z))   G: R(G(z))   k += 1e-3 (0.75 R(x) - R(G(z)))",
        d_loss=began_d,
        g_loss=_g,
        networks=(autoencoder(order=1, mean=True),),
        extra=balance(gamma=0.75, rate=1e-3),
        requires={"features", "decoder"},
        optim=Adam(lr=1e-4, betas=(0.5, 0.999)),
    )
)
