"""LeCam's regulariser. Tseng et al. 2021, eq. 7: weight 0.3, averages with decay 0.99."""

from dataclasses import replace

from ganbench.errors import UsageError
from ganbench.extras import ignoring, lecam, with_lecam
from ganbench.registry import register
from ganbench.spec import Modifier, Paper, Variant

PAPER = Paper(
    "Regularizing Generative Adversarial Networks under Limited Data",
    "Tseng et al.",
    2021,
    arxiv="2104.03310",
)


def _change(variant: Variant) -> Variant:
    if variant.d_outputs > 1:
        raise UsageError(f"{variant.name}+lecam: {variant.name} has no logits to regularise")
    return replace(variant, d_loss=with_lecam(variant.d_loss), g_loss=ignoring(variant.g_loss))


register(
    Modifier(
        name="lecam",
        paper=PAPER,
        equation="0.3 ((r - a_F)^2 + (f - a_R)^2), a averages of past logits",
        extra=lecam(weight=0.3, decay=0.99),
        change=_change,
    )
)
