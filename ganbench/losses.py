"""GAN losses: pure functions of the logits, ``(real [B], fake [B]) -> scalar``, to be minimised.

``real`` and ``fake`` are the discriminator's logits on real and generated samples; a high logit
means "real". Final sigmoids live here, as softplus, which is exact for large logits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ganbench.lazy import F, torch

if TYPE_CHECKING:
    from torch import Tensor

    from ganbench.spec import LossFunction


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
    """Return 1/2 E (r - 1)^2 + 1/2 E f^2, labels 0 and 1. Mao 2017, eq. 9."""
    return 0.5 * ((real - 1).square().mean() + fake.square().mean())


def least_squares_g(real: Tensor, fake: Tensor) -> Tensor:
    """Return 1/2 E (f - 1)^2. Mao 2017, eq. 9."""
    return 0.5 * (fake - 1).square().mean()


def softmax_d(real: Tensor, fake: Tensor) -> Tensor:
    """Return log Z - E r, Z the sum of exp over the whole batch. Lin 2017, eq. 5 (D = -logit)."""
    return torch.logsumexp(torch.cat([real, fake]), 0) - real.mean()


def softmax_g(real: Tensor, fake: Tensor) -> Tensor:
    """Return log Z minus the mean over the whole batch. Lin 2017, eq. 6."""
    both = torch.cat([real, fake])
    return torch.logsumexp(both, 0) - both.mean()


def relativistic_average(
    upper: Callable[[Tensor], Tensor], lower: Callable[[Tensor], Tensor]
) -> tuple[LossFunction, LossFunction]:
    """Return both losses on r - E f and f - E r. Jolicoeur-Martineau 2019, section 4.

    Args:
        upper: loss of what should be high; lower: of what should be low.
    """

    def d_loss(real: Tensor, fake: Tensor) -> Tensor:
        return upper(real - fake.mean()).mean() + lower(fake - real.mean()).mean()

    def g_loss(real: Tensor, fake: Tensor) -> Tensor:
        return upper(fake - real.mean()).mean() + lower(real - fake.mean()).mean()

    return d_loss, g_loss


def f_divergence(
    activation: Callable[[Tensor], Tensor], conjugate: Callable[[Tensor], Tensor]
) -> tuple[LossFunction, LossFunction]:
    """Return both losses of f-GAN: D -E g(r) + E f*(g(f)), G -E g(f). Nowozin 2016, eq. 6 and 3.2.

    Args:
        activation: g, from the logit to the domain of f*.
        conjugate: f* of g, written as a function of the logit itself so that it is exact.
    """

    def d_loss(real: Tensor, fake: Tensor) -> Tensor:
        return conjugate(fake).mean() - activation(real).mean()

    def g_loss(real: Tensor, fake: Tensor) -> Tensor:
        return -activation(fake).mean()

    return d_loss, g_loss
