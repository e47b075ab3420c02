"""LeCam's regulariser. Tseng et al. 2021, eq. 7.

Weight 0.3, as in the authors' runs on CIFAR, averages with decay 0.99. As in the equation; the
authors' code clamps both differences at 0 and waits for the averages to settle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ganbench.core.errors import UsageError
from ganbench.core.kinds import LossState, Modifier, Paper, Params, Variant, named_composition
from ganbench.core.lazy import torch
from ganbench.core.registry import register
from ganbench.methods.losses import Loss, StatefulLoss, ignoring_state
from ganbench.methods.zoo.original import ns

if TYPE_CHECKING:
    from torch import Tensor


def with_lecam(loss: Loss) -> StatefulLoss:
    """Return a discriminator's loss with LeCam's regulariser. Eq. 7.

    weight (E (r - a_F)^2 + E (f - a_R)^2), a_R and a_F being averages of past outputs.
    """

    def regularised(real: Tensor, fake: Tensor, state: Mapping[str, Tensor]) -> Tensor:
        pull = (real - state["fake"]).square().mean() + (fake - state["real"]).square().mean()
        return loss(real, fake) + state["weight"] * pull

    return regularised


def _averaged(state: Mapping[str, Tensor], real: Tensor, fake: Tensor) -> Params:
    new = {"real": real.detach(), "fake": fake.detach()}
    return {key: torch.lerp(new[key], state[key], state["decay"]) for key in new}


def moving_averages(weight: float, decay: float) -> LossState:
    """Return LeCam's moving averages of the outputs on real and on generated samples."""
    return LossState(
        "lecam",
        {"weight": weight, "decay": decay},
        lambda: {"real": torch.zeros(()), "fake": torch.zeros(())},
        _averaged,
    )


def _regularise(variant: Variant) -> Variant:
    if variant.d_outputs > 1:
        raise UsageError(
            f"{variant.name}+lecam cannot be combined: the discriminator of {variant.name} returns "
            "vectors, which have no logit to regularise"
        )
    return replace(
        variant, d_loss=with_lecam(variant.d_loss), g_loss=ignoring_state(variant.g_loss)
    )


lecam = register(
    Modifier(
        name="lecam",
        paper=Paper(
            "Regularizing Generative Adversarial Networks under Limited Data",
            "Tseng et al.",
            2021,
            arxiv="2104.03310",
        ),
        equation="0.3 ((r - a_F)^2 + (f - a_R)^2), a averages of past logits",
        loss_state=moving_averages(weight=0.3, decay=0.99),
        change=_regularise,
    )
)
register(
    named_composition(
        "lecam", ns, lecam, family="regularised",
        equation="D: sp(-r) + sp(f) + 0.3 ((r - a_F)^2 + (f - a_R)^2)   G: sp(-f)",
    )
)  # fmt: skip
