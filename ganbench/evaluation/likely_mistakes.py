"""What the numbers of a comparison say is probably wrong with its samples."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from ganbench.core.kinds import Extracted, Quantity

CONSTANT = 0.9  # the share of features without any spread from which on all look constant
APART = 20  # the ratio of the spreads of both sides that scaling explains better than learning
FAR_BELOW = 4.0  # standard deviations of a floor


def constant_features(name: str, side: Extracted) -> list[str]:
    """Say that the features of a side hardly differ between samples."""
    share = float((np.ptp(side.features, axis=0) == 0).mean())
    if len(side) < 2 or share < CONSTANT:
        return []
    return [
        f"{name}: {100 * share:.0f} % of the features are the same in every sample: are they "
        "samples of one thing, or are all values clipped?"
    ]


def repeated_samples(name: str, side: Extracted) -> list[str]:
    """Say that a side holds one sample several times: neighbours are at distance 0 then."""
    different = len({row.tobytes() for row in np.ascontiguousarray(side.features)})
    repeated = len(side) - different
    if repeated == 0:
        return []
    return [
        f"{name}: {repeated:,} of {len(side):,} samples are duplicates of others; balls around "
        "them may have the radius 0, which density and coverage count as empty"
    ]


def other_scale(real: Extracted, fake: Extracted) -> list[str]:
    """Say that both sides differ in scale as 0..255 and 0..1 do."""
    spreads = [float(np.ptp(side.features[:1000])) for side in (real, fake)]
    if min(spreads) <= 0 or max(spreads) / min(spreads) < APART:
        return []
    ranges = (f"{side.features[:1000].min():.4g} to {side.features[:1000].max():.4g}"
              for side in (real, fake))  # fmt: skip
    return ["real has values from {} and fake from {}: are both scaled alike?".format(*ranges)]


def below_floor(
    quantities: Sequence[Quantity],
    values: Mapping[str, float],
    floors: Mapping[str, float],
    sds: Mapping[str, float],
) -> list[str]:
    """Say that fakes are nearer to the real samples than other real samples are."""
    lower = [
        q.key
        for q in quantities
        if not (q.higher_is_better or q.closest_to_floor)
        and q.key in values.keys() & sds.keys()
        and floors[q.key] - values[q.key] > FAR_BELOW * sds[q.key] > 0
        and values[q.key] < floors[q.key] / 2
    ]
    if not lower:
        return []
    return [
        f"{', '.join(lower)} far below the floor: real samples are not that near to real ones; are "
        "the fakes copies of the real ones, or both sides one folder?"
    ]


def within_noise(
    values: Mapping[str, float],
    floors: Mapping[str, float],
    sds: Mapping[str, float],
    draws: int,
) -> dict[str, bool]:
    """Return whether each value lies where one more draw of its floor would (95 %).

    Args:
        draws: of the floors; one alone has no ``sds``, and says nothing.
    """
    from scipy.special import stdtrit

    if draws < 2:
        return {}
    wide = float(stdtrit(draws - 1, 0.975)) * math.sqrt(1 + 1 / draws)
    return {key: abs(value - floors[key]) <= wide * sds[key] for key, value in values.items()}
