"""The Jensen-Shannon regulariser. Roth et al. 2017, eq. 22 and Algorithm 1.

gamma starts at 2 and falls by equal factors to a hundredth of it at the end (the authors' code).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ganbench.core.kinds import (
    Decay,
    Discriminator,
    Modifier,
    Paper,
    Penalty,
    named_composition,
)
from ganbench.core.registry import register
from ganbench.methods.penalties import input_gradient
from ganbench.methods.zoo.original import ns

if TYPE_CHECKING:
    from torch import Tensor


def jensen_shannon_penalty(
    d: Discriminator, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]
) -> Tensor:
    """Return 1/2 E (1 - s(r))^2 |grad r|^2 + 1/2 E s(f)^2 |grad f|^2. Eq. 22.

    s is the sigmoid and the gradients are those of the logit; gamma is the weight.
    """
    slopes = [input_gradient(d, x).square().sum(1) for x in (real, fake)]
    wrong = ((1 - d(real).sigmoid()).square(), d(fake).sigmoid().square())
    return 0.5 * ((wrong[0] * slopes[0]).mean() + (wrong[1] * slopes[1]).mean())


jsreg = register(
    Modifier(
        name="jsreg",
        paper=Paper(
            "Stabilizing Training of Generative Adversarial Networks through Regularization",
            "Roth et al.",
            2017,
            arxiv="1705.09367",
        ),
        equation="g/2 (s(-r)^2 |grad r|^2 + s(f)^2 |grad f|^2)",
        penalties=(Penalty(jensen_shannon_penalty, weight=Decay(2.0, 0.02)),),
        requires={"per_sample_d"},
    )
)
register(
    named_composition(
        "jsreg", ns, jsreg, family="regularised",
        equation="D: sp(-r) + sp(f) + g/2 (s(-r)^2 |grad r|^2 + s(f)^2 |grad f|^2)   G: sp(-f)",
    )
)  # fmt: skip
