"""Presets: how many seeds, how many images, how often and on how many samples to evaluate."""

from ganbench.core.kinds import Preset
from ganbench.core.registry import register

register(
    Preset(
        name="smoke",
        summary="does everything work? Two minutes for all variants; its numbers mean nothing",
        seeds=1,
        images_seen=1_280,
        checkpoints=1,
        n_real=1_000,
        n_fake=500,
    )
)
register(
    Preset(
        name="quick",
        summary="a first comparison on a laptop CPU (the default there)",
        seeds=3,
        images_seen=64_000,
        checkpoints=4,
        n_real=10_000,
        n_fake=1_000,
    )
)
register(
    Preset(
        name="standard",
        summary="10 seeds, 20 epochs of MNIST (the default on a CUDA device)",
        seeds=10,
        images_seen=1_200_000,
        checkpoints=10,
        n_real=10_000,
        n_fake=10_000,
    )
)
register(
    Preset(
        name="paper",
        summary="10 seeds, 100 epochs of MNIST: what a paper should cite",
        seeds=10,
        images_seen=6_000_000,
        checkpoints=20,
        n_real=10_000,
        n_fake=10_000,
    )
)
