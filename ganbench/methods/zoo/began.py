"""BEGAN: boundary equilibrium with an autoencoder. Berthelot et al. 2017, section 3.4.

R is the mean absolute error; k moves with rate 1e-3, Adam 1e-4 (section 4.1). gamma = 0.5, in the
middle of the 0.3 to 0.7 that the paper shows. Neither network has batch normalisation, and G is as
the decoder of D, as in the paper; their layers are those of the architecture. The paper lowers the
rate when convergence stalls; it is constant here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ganbench.core.kinds import LossState, Paper, Params, Variant
from ganbench.core.lazy import torch
from ganbench.core.registry import register
from ganbench.methods.network_wraps import autoencoder, mean_absolute, unnormalised_generator
from ganbench.methods.optimisers import Adam

if TYPE_CHECKING:
    from torch import Tensor


def began_d(real: Tensor, fake: Tensor, state: Mapping[str, Tensor]) -> Tensor:
    """Return E R(x) - k E R(G(z)). Section 3.4."""
    return real.mean() - state["k"] * fake.mean()


def began_g(real: Tensor, fake: Tensor, state: Mapping[str, Tensor]) -> Tensor:
    """Return E R(G(z)). Section 3.4."""
    return fake.mean()


def _next_k(state: Mapping[str, Tensor], real: Tensor, fake: Tensor) -> Params:
    k = state["k"] + state["rate"] * (state["gamma"] * real - fake)
    return {"k": k.detach().clamp(0, 1)}


def balance(gamma: float, rate: float) -> LossState:
    """Return BEGAN's k: k + rate (gamma R(x) - R(G(z))), in [0, 1], 0 at first."""
    values = {"gamma": gamma, "rate": rate}
    return LossState("balance", values, lambda: {"k": torch.zeros(())}, _next_k)


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
        equation="D: R(x) - k R(G(z))   G: R(G(z))   k += 1e-3 (0.5 R(x) - R(G(z)))",
        d_loss=began_d,
        g_loss=began_g,
        network_wraps=(autoencoder(mean_absolute), unnormalised_generator),
        loss_state=balance(gamma=0.5, rate=1e-3),
        requires={"features", "decoder"},
        optim=Adam(lr=1e-4, betas=(0.5, 0.999)),
    )
)
