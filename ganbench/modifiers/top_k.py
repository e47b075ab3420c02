"""Top-k training. Sinha et al. 2020, section 3: the share of a batch falls from 1 to 1/2."""

from dataclasses import replace

from ganbench.errors import UsageError
from ganbench.extras import ignoring, top_k, with_top_k
from ganbench.registry import register
from ganbench.spec import Decay, Modifier, Paper, Variant

PAPER = Paper(
    "Top-k Training of GANs: Improving GAN Performance by Throwing Away Bad Samples",
    "Sinha et al.",
    2020,
    arxiv="2002.06224",
)


def _change(variant: Variant) -> Variant:
    if not variant.pointwise or variant.d_outputs > 1:
        raise UsageError(f"{variant.name}+top-k: {variant.name} has no loss for each sample")
    # What decodes returns the error of a sample, or judges it together with its latent.
    if variant.joint or "decoder" in variant.requires:
        raise UsageError(f"{variant.name}+top-k: {variant.name} has no logits of samples to rank")
    return replace(variant, d_loss=ignoring(variant.d_loss), g_loss=with_top_k(variant.g_loss))


register(
    Modifier(
        name="top-k",
        paper=PAPER,
        equation="G learns from the share of samples with the highest logits, 1 -> 1/2",
        extra=top_k(),
        schedules={"top_k.share": Decay(1.0, 0.5)},
        change=_change,
    )
)
