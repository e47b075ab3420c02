"""Presets: how many seeds and generator updates, how often and on how many samples to evaluate."""

from ganbench.core.kinds import Preset
from ganbench.core.registry import register

register(
    Preset(
        name="smoke",
        summary="does everything work? A few minutes for all variants; its numbers mean nothing",
        seeds=1,
        steps=20,
        checkpoints=1,
        n_real=1_000,
        n_fake=500,
    )
)
register(
    Preset(
        name="quick",
        summary="a screening on a laptop CPU (the default there): bands, no ranks",
        seeds=1,
        steps=1_000,
        checkpoints=4,
        n_real=10_000,
        n_fake=1_000,
        default_on="cpu",
    )
)
register(
    Preset(
        name="core",
        summary="the smallest table with ranks: the group core, 3 seeds (its default on a CPU)",
        seeds=3,
        steps=3_000,
        checkpoints=6,
        n_real=10_000,
        n_fake=1_000,
        variants=("core",),
        default_on="cpu",
    )
)
register(
    Preset(
        name="standard",
        summary="10 seeds, 20,000 updates (the default on a CUDA device)",
        seeds=10,
        steps=20_000,
        checkpoints=10,
        n_real=10_000,
        n_fake=10_000,
        default_on="cuda",
    )
)
register(
    Preset(
        name="paper",
        summary="10 seeds, 100,000 updates: what a paper should cite",
        seeds=10,
        steps=100_000,
        checkpoints=20,
        n_real=10_000,
        n_fake=10_000,
    )
)
