"""GAN losses: pure functions of the logits, ``(real [B], fake [B]) -> scalar``, to be minimised.

``real`` and ``fake`` are the discriminator's logits on real and generated samples; a high logit
means "real". Final sigmoids live here, as softplus, which is exact for large logits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ganbench.core.lazy import F

if TYPE_CHECKING:
    from torch import Tensor

Loss = Callable[["Tensor", "Tensor"], "Tensor"]
StatefulLoss = Callable[["Tensor", "Tensor", Mapping[str, "Tensor"]], "Tensor"]


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


def least_squares_d(real: Tensor, fake: Tensor) -> Tensor:
    """Return 1/2 E (r - 1)^2 + 1/2 E f^2. Mao 2017, eq. 9."""
    return 0.5 * (real - 1).square().mean() + 0.5 * fake.square().mean()


def least_squares_g(real: Tensor, fake: Tensor) -> Tensor:
    """Return 1/2 E (f - 1)^2. Mao 2017, eq. 9."""
    return 0.5 * (fake - 1).square().mean()


def relative_d(loss: Loss) -> Loss:
    """Return the relativistic average form of a loss: of r - E f and f - E r.

    Jolicoeur-Martineau 2019, eq. 10.
    """
    return lambda real, fake: loss(real - fake.mean(), fake - real.mean())


def relative_g(loss: Loss) -> Loss:
    """Return the generator's side of ``relative_d(loss)``: the same with r and f swapped.

    Jolicoeur-Martineau 2019, eq. 11.
    """
    return lambda real, fake: loss(fake - real.mean(), real - fake.mean())


def ignoring_state(loss: Loss) -> StatefulLoss:
    """Return ``loss`` for a variant with a loss state that this loss does not read."""
    return lambda real, fake, state: loss(real, fake)


def nothing(real: Tensor, fake: Tensor, *state: object) -> Tensor:
    """Return 0: all that the generator learns from is in a ``GeneratorTerm``."""
    return 0 * fake.mean()
