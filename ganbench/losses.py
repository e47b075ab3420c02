"""GAN losses: pure functions of the logits, ``(real [B], fake [B]) -> scalar``, to be minimised.

``real`` and ``fake`` are the discriminator's logits on real and generated samples; a high logit
means "real". Final sigmoids live here, as softplus, which is exact for large logits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.lazy import F

if TYPE_CHECKING:
    from torch import Tensor


def logistic_d(real: Tensor, fake: Tensor) -> Tensor:
    """Return E sp(-r) + E sp(f), the discriminator's cross-entropy. Goodfellow 2014, eq. 1."""
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def minimax_g(real: Tensor, fake: Tensor) -> Tensor:
    """Return -E sp(f) = E log(1 - sigmoid(f)), the saturating loss. Goodfellow 2014, eq. 1."""
    return -F.softplus(fake).mean()


def nonsaturating_g(real: Tensor, fake: Tensor) -> Tensor:
    """Return E sp(-f) = -E log sigmoid(f). Goodfellow 2014, section 3."""
    return F.softplus(-fake).mean()


def wasserstein_d(real: Tensor, fake: Tensor) -> Tensor:
    """Return E f - E r, the critic's loss. Arjovsky 2017, Algorithm 1."""
    return fake.mean() - real.mean()


def wasserstein_g(real: Tensor, fake: Tensor) -> Tensor:
    """Return -E f. Arjovsky 2017, Algorithm 1; also the hinge GAN's generator loss."""
    return -fake.mean()


def hinge_d(real: Tensor, fake: Tensor) -> Tensor:
    """Return E relu(1 - r) + E relu(1 + f). Lim & Ye 2017, eq. 11; Miyato 2018, eq. 16."""
    return F.relu(1.0 - real).mean() + F.relu(1.0 + fake).mean()


def relativistic_pairing_d(real: Tensor, fake: Tensor) -> Tensor:
    """Return E sp(f - r) over pairs. Jolicoeur-Martineau 2019, eq. 5; Huang 2024, eq. 2."""
    return F.softplus(fake - real).mean()


def relativistic_pairing_g(real: Tensor, fake: Tensor) -> Tensor:
    """Return E sp(r - f) over pairs, the generator's side of the same."""
    return F.softplus(real - fake).mean()
