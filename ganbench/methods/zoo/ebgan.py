"""The energy-based GAN: the discriminator is an autoencoder. Zhao et al. 2016, eq. 1 and 2.

R is the Euclidean norm of the reconstruction's error; margin m = 10, the paper's best for MNIST
(its table in appendix C); Adam 1e-3 there, DCGAN's constants here. ``ebgan-pt`` adds the pull-away
term (section 2.4): the mean squared cosine between the codes of two generated samples, weight 0.1.
Encoder and decoder are the architecture's discriminator and generator; the decoder is not
normalised, so that R of a sample is a number of its own, which the margin is compared with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core.kinds import Paper, Variant
from ganbench.core.lazy import F
from ganbench.core.registry import register
from ganbench.methods.network_wraps import autoencoder, euclidean
from ganbench.methods.optimisers import Adam

if TYPE_CHECKING:
    from torch import Tensor


MARGIN = 10.0
PULL_AWAY_WEIGHT = 0.1
PAPER = Paper(
    "Energy-based Generative Adversarial Network", "Zhao et al.", 2016, arxiv="1609.03126"
)


def ebgan_d(real: Tensor, fake: Tensor) -> Tensor:
    """Return E R(x) + E relu(m - R(G(z))). Eq. 1."""
    return real.mean() + F.relu(MARGIN - fake).mean()


def ebgan_g(real: Tensor, fake: Tensor) -> Tensor:
    """Return E R(G(z)). Eq. 2."""
    return fake.mean()


def pull_away(codes: Tensor) -> Tensor:
    """Return the mean squared cosine between rows ``[B, Z]``. Eq. 4."""
    unit = F.normalize(codes, dim=1)
    n = len(unit)
    return ((unit @ unit.T).square().sum() - n) / (n * (n - 1))


def pull_away_d(real: Tensor, fake: Tensor) -> Tensor:
    """Return ``ebgan_d`` of the errors, which are the first column of ``[B, 1 + Z]``."""
    return ebgan_d(real[:, 0], fake[:, 0])


def pull_away_g(real: Tensor, fake: Tensor) -> Tensor:
    """Return E R(G(z)) + weight PT; the codes are the other columns. Section 2.4."""
    return ebgan_g(real, fake[:, 0]) + PULL_AWAY_WEIGHT * pull_away(fake[:, 1:])


register(
    Variant(
        name="ebgan",
        paper=PAPER,
        family="autoencoder",
        equation="D: R(x) + relu(10 - R(G(z)))   G: R(G(z))",
        d_loss=ebgan_d,
        g_loss=ebgan_g,
        network_wraps=(autoencoder(euclidean),),
        requires={"features", "decoder"},
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
register(
    Variant(
        name="ebgan-pt",
        paper=PAPER,
        family="autoencoder",
        equation="D: R(x) + relu(10 - R(G(z)))   G: R(G(z)) + 0.1 mean squared cosine of codes",
        d_loss=pull_away_d,
        g_loss=pull_away_g,
        network_wraps=(autoencoder(euclidean, code=True),),
        d_outputs=2,
        pointwise=False,
        requires={"features", "decoder"},
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
