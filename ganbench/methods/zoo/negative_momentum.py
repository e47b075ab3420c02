"""Negative momentum in D. Gidel et al. 2019.

With alternating updates a momentum of -1/2 in one player and none in the other converges on the
bilinear game (section 5), where 0 goes round in circles and a positive one diverges. beta1 of D's
Adam is -0.5 here; G, its momentum and the rates stay those of the variant.
"""

from __future__ import annotations

from dataclasses import replace

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Constants, Modifier, Paper, Variant
from ganbench.core.registry import register
from ganbench.methods.optimisers import Adam

MOMENTUM = -0.5


def _of_g(constants: Constants) -> Constants:
    """Return ``constants`` with what they say of momentum said of G alone."""
    values = {k: v for k, v in constants.values.items() if k != "d.beta1"}
    return replace(constants, values={("g." * (k == "beta1") + k): v for k, v in values.items()})


def _negative(variant: Variant) -> Variant:
    d = variant.d_optim
    if not isinstance(d, Adam):
        raise UsageError(
            f"{variant.name}+negative-momentum cannot be combined: D's optimiser is "
            f"{type(d).__name__}, which has no momentum"
        )
    return replace(
        variant,
        optim_d=replace(d, betas=(MOMENTUM, d.betas[1])),
        constants={family: _of_g(c) for family, c in variant.constants.items()},
    )


register(
    Modifier(
        name="negative-momentum",
        paper=Paper(
            "Negative Momentum for Improved Game Dynamics",
            "Gidel et al.",
            2019,
            arxiv="1807.04740",
        ),
        equation="beta1 -0.5 in D's Adam",
        change=_negative,
    )
)
