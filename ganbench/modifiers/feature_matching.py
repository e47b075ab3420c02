"""Feature matching in place of the generator's loss. Salimans et al. 2016, section 3.1."""

from dataclasses import replace
from typing import Any

from ganbench.registry import register
from ganbench.spec import Modifier, Paper, Term, Variant
from ganbench.terms import feature_matching

PAPER = Paper("Improved Techniques for Training GANs", "Salimans et al.", 2016, arxiv="1606.03498")


def _change(variant: Variant) -> Variant:
    def nothing(real: Any, fake: Any, *extra: Any) -> Any:
        return 0 * fake.mean()

    term = Term(feature_matching, weight=1.0)
    return replace(
        variant, g_loss=nothing, terms=(*variant.terms, term), g_reads_real=True, pointwise=False
    )


register(
    Modifier(
        name="feature-matching",
        paper=PAPER,
        equation="G: |E h(x) - E h(G(z))|^2, h D's features",
        requires={"features"},
        change=_change,
    )
)
