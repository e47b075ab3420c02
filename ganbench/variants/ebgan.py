"""The energy-based GAN: the discriminator is an autoencoder. Zhao et al. 2016, eq. 1 and 2.

R is the Euclidean norm of the reconstruction's error; margin m = 10, the paper's best for MNIST
(its table in appendix C); Adam 1e-3 there, DCGAN's constants here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.lazy import F
from ganbench.networks import autoencoder
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import Paper, Variant

if TYPE_CHECKING:
    from torch import Tensor


MARGIN = 10.0


def _d(real: Tensor, fake: Tensor) -> Tensor:
    """Return E R(x) + E relu(m - R(G(z))). Eq. 1."""
    return real.mean() + F.relu(MARGIN - fake).mean()


def _g(real: Tensor, fake: Tensor) -> Tensor:
    """Return E R(G(z)). Eq. 2."""
    return fake.mean()


register(
    Variant(
        name="ebgan",
        paper=Paper(
            "Energy-based Generative Adversarial Network", "Zhao et al.", 2016, arxiv="1609.03126"
        ),
        family="autoencoder",
        equation="D: R(x) + relu(10 - R(G(z)))   G: R(G(z))",
        d_loss=_d,
        g_loss=_g,
        networks=(autoencoder(order=2, mean=False),),
        requires={"features", "decoder"},
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
