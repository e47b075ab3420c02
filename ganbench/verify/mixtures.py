"""``ganbench verify mixtures``: the published comparison of packed discriminators in the plane.

Table 1 of Lin et al. 2018 (PacGAN, arXiv:1712.04086) in its own set-up: arch ``mlp-bn``, Adam 1e-4
with beta1 0.8, batch 100, 400 epochs of 100,000 points, ten trials, 2,500 samples. As in the
authors' code, both players move at once and a batch of packs holds 100 packs.
"""

from __future__ import annotations

from collections.abc import Callable

from ganbench.verify._outcome import Outcome
from ganbench.verify._published import Study, reproduce

STUDY = Study(
    name="mixtures",
    source="PacGAN (Lin 2018)",
    tasks={"ring2d": "pacgan-2", "grid2d": "pacgan-4"},
    metrics=("modes", "hq", "reverse_kl"),
    arch="mlp-bn",
    hyper={"lr": 1e-4, "beta1": 0.8},
    batch=100,
    game="simultaneous",
    cpu_scale=0.035,  # about an hour on two cores
    cpu_seeds=4,
)


def run(
    tick: Callable[[str], None] = lambda what: None,
    out: str = "runs/verify-mixtures",
    scale: float | None = None,
    seeds: int | None = None,
) -> Outcome:
    """See ``_published.reproduce``."""
    return reproduce(STUDY, tick, out, scale, seeds)
