"""The two time-scale update rule: a rate for each player. Heusel et al. 2017, section 1.

3e-4 for D and 1e-4 for G, with one step of D, as its table 1 for WGAN-GP is usually quoted, in
place of 1e-4 for both and five steps. A script of the authors (``gan_64x64_FID.py``, one version of
it) has the two rates the other way round. Betas stay those of the variant.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Modifier, Paper, Variant
from ganbench.core.registry import register

D_RATE, G_RATE = 3e-4, 1e-4


def _two_rates(variant: Variant) -> Variant:
    optimisers: list[Any] = [variant.optim, variant.d_optim]
    if not all("lr" in optim.hyper() for optim in optimisers):
        raise UsageError(f"{variant.name}+ttur cannot be combined: an optimiser has no rate lr")
    g, d = (replace(o, lr=lr) for o, lr in zip(optimisers, (G_RATE, D_RATE), strict=True))
    elsewhere = {
        family: replace(c, values={k: v for k, v in c.values.items() if not k.endswith("lr")})
        for family, c in variant.constants.items()
    }
    return replace(variant, optim=g, optim_d=d, d_steps=1, constants=elsewhere)


register(
    Modifier(
        name="ttur",
        paper=Paper(
            "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium",
            "Heusel et al.",
            2017,
            arxiv="1706.08500",
        ),
        equation="rate 3e-4 for D and 1e-4 for G, one step of D",
        change=_two_rates,
    )
)
