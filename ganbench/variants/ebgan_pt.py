"""The energy-based GAN with the pull-away term. Zhao et al. 2016, eq. 1, 2 and section 2.4.

R is the Euclidean norm of the reconstruction's error, margin m = 10; the term is the mean squared
cosine between the codes of two generated samples, with weight 0.1.
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
WEIGHT = 0.1


def _d(real: Tensor, fake: Tensor) -> Tensor:
    """Return E R(x) + E relu(m - R(G(z))). Eq. 1; R is the first column."""
    return real[:, 0].mean() + F.relu(MARGIN - fake[:, 0]).mean()


def _pull_away(codes: Tensor) -> Tensor:
    """Return the mean squared cosine between rows ``[B, Z]``. Eq. 4."""
    unit = F.normalize(codes, dim=1)
    n = len(unit)
    return ((unit @ unit.T).square().sum() - n) / (n * (n - 1))


def _g(real: Tensor, fake: Tensor) -> Tensor:
    """Return E R(G(z)) + weight PT. Section 2.4."""
    return fake[:, 0].mean() + WEIGHT * _pull_away(fake[:, 1:])


register(
    Variant(
        name="ebgan-pt",
        paper=Paper(
            "Energy-based Generative Adversarial Network", "Zhao et al.", 2016, arxiv="1609.03126"
        ),
        family="autoencoder",
        equation="D: R(x) + relu(10 - R(G(z)))   G: R(G(z)) + 0.1 mean squared cosine of codes",
        d_loss=_d,
        g_loss=_g,
        networks=(autoencoder(order=2, mean=False, code=True),),
        d_outputs=2,
        pointwise=False,
        requires={"features", "decoder"},
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
