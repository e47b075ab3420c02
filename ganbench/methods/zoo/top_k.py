"""Top-k training: G learns from its best samples only. Sinha et al. 2020, section 3.

The share falls by equal factors from the whole batch to a half of it (nu = 0.5) over the budget;
the paper multiplies by 0.99 each epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Decay, LossState, Modifier, Paper, Variant, named_composition
from ganbench.core.lazy import func
from ganbench.core.registry import register
from ganbench.methods.losses import Loss, StatefulLoss, ignoring_state
from ganbench.methods.zoo.original import ns

if TYPE_CHECKING:
    from torch import Tensor


def with_top_k(loss: Loss) -> StatefulLoss:
    """Return a generator's loss over the samples with the highest logits. Eq. 3.

    ``loss`` must be a mean over samples; of B samples ``share`` x B count, rounded, at least one.
    """

    def best(real: Tensor, fake: Tensor, state: Mapping[str, Tensor]) -> Tensor:
        each = func.vmap(lambda r, f: loss(r[None], f[None]))(real, fake)
        rank = (-fake.detach()).argsort().argsort()
        kept = (rank < (state["share"] * len(fake)).round().clamp_min(1)).to(each.dtype)
        return (each * kept).sum() / kept.sum()

    return best


def _learn_from_the_best(variant: Variant) -> Variant:
    name = variant.name
    if not variant.pointwise or variant.d_outputs > 1:
        raise UsageError(
            f"{name}+top-k cannot be combined: the loss of {name} is not a mean over samples"
        )
    # A discriminator that decodes returns errors, or judges a sample together with its latent.
    if variant.joint or "decoder" in variant.requires:
        raise UsageError(
            f"{name}+top-k cannot be combined: the discriminator of {name} returns no logits of "
            "samples, by which they could be ranked"
        )
    return replace(
        variant, d_loss=ignoring_state(variant.d_loss), g_loss=with_top_k(variant.g_loss)
    )


top_k = register(
    Modifier(
        name="top-k",
        paper=Paper(
            "Top-k Training of GANs: Improving GAN Performance by Throwing Away Bad Samples",
            "Sinha et al.",
            2020,
            arxiv="2002.06224",
        ),
        equation="G learns from the share of samples with the highest logits, 1 -> 1/2",
        loss_state=LossState("top_k", {"share": Decay(1.0, 0.5)}),
        change=_learn_from_the_best,
    )
)
register(
    named_composition(
        "top-k", ns, top_k, family="regularised",
        equation="D: sp(-r) + sp(f)   G: sp(-f) over the share with the highest f, 1 -> 1/2",
    )
)  # fmt: skip
