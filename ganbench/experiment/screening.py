"""When a run can rank, and what a screening does instead.

A *screening* has too few seeds or generator updates for ranks. It is shown in bands, by the noise
between seeds that a pair of variants with the same gradients (the A/A pair) shows in it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ganbench.core.kinds import Variant

RANK_SEEDS = 3  # of each variant, the fewest with which ranks are given
RANK_STEPS = 3_000  # generator updates, the fewest with which ranks are given
NOISE_SEEDS = 3  # seeds of each variant of the A/A pair in a screening


def is_screening(seeds: int, steps: int) -> bool:
    """Return whether a table of so many seeds and generator updates shows bands, not ranks."""
    return seeds < RANK_SEEDS or steps < RANK_STEPS


def same_gradients(variants: Sequence[Variant]) -> list[tuple[str, str]]:
    """Return the A/A pairs ``(variant, the one whose gradients it has)`` among ``variants``."""
    names = {variant.name for variant in variants}
    return [(v.name, v.same_gradients_as) for v in variants if v.same_gradients_as in names]
