"""Feature matching in place of the generator's loss. Salimans et al. 2016, section 3.1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ganbench.core.kinds import (
    GeneratorTerm,
    Modifier,
    Network,
    Paper,
    Variant,
    named_composition,
)
from ganbench.core.registry import register
from ganbench.methods.losses import nothing
from ganbench.methods.zoo.original import ns

if TYPE_CHECKING:
    from torch import Tensor


def feature_matching(
    g: Network, d: Network, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]
) -> Tensor:
    """Return |E h(x) - E h(G(z))|^2, h the discriminator's features. Section 3.1."""
    gap = d(real, features=True).mean(0) - d(fake, features=True).mean(0)
    return gap.square().sum()


def _learn_from_features(variant: Variant) -> Variant:
    term = GeneratorTerm(feature_matching, weight=1.0)
    return replace(
        variant,
        g_loss=nothing,
        generator_terms=(*variant.generator_terms, term),
        g_reads_real=True,
        pointwise=False,
    )


modifier = register(
    Modifier(
        name="feature-matching",
        paper=Paper(
            "Improved Techniques for Training GANs", "Salimans et al.", 2016, arxiv="1606.03498"
        ),
        equation="G: |E h(x) - E h(G(z))|^2, h D's features",
        requires={"features"},
        change=_learn_from_features,
    )
)
register(
    named_composition(
        "feature-matching", ns, modifier, family="moment-matching",
        equation="D: sp(-r) + sp(f)   G: |E h(x) - E h(G(z))|^2, h D's features",
    )
)  # fmt: skip
