"""``ganbench verify stacked-mnist``: the published comparison of packing on 1000 modes.

Table 2 of Lin et al. 2018 (PacGAN, arXiv:1712.04086): DCGAN of width 64, latents uniform on
[-1, 1], Adam 2e-4 with beta1 0.5, batch 64, 50 epochs of 128,000 images, ten trials, 26,000
samples. The network halves 28x28 twice, to 7x7: it has two convolutions where the paper's has four.
"""

from __future__ import annotations

from collections.abc import Callable

from ganbench.verify._outcome import Outcome
from ganbench.verify._published import Study, reproduce

STUDY = Study(
    name="stacked-mnist",
    source="PacGAN (Lin 2018)",
    tasks={"stacked-mnist": "pacgan-2"},
    metrics=("modes", "reverse_kl"),
    arch="dcgan:width=64,d_norm=batch,prior=uniform",
    hyper={"lr": 2e-4, "beta1": 0.5},
    batch=64,
    game="alternating",
    cpu_scale=0.02,
    cpu_seeds=3,
    checkpoints=5,  # each measures 26,000 samples
)


def run(
    tick: Callable[[str], None] = lambda what: None,
    out: str = "runs/verify-stacked-mnist",
    scale: float | None = None,
    seeds: int | None = None,
) -> Outcome:
    """See ``_published.reproduce``."""
    return reproduce(STUDY, tick, out, scale, seeds)
