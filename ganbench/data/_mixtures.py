"""Mixtures of isotropic Gaussians as data sets that know their modes and have an exact sampler."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from ganbench.core.kinds import Data, Mixture
from ganbench.data import _points

MASS = 1 - math.exp(-4.5)  # of a mode that 3 standard deviations hold in the plane


def radius(dimension: int) -> float:
    """Return the radius, in standard deviations, that holds as much of a mode as 3 in the plane."""
    from scipy.stats import chi

    return float(chi(dimension).ppf(MASS))


def sample(mixture: Mixture, n: int, seed: int, even: bool = False) -> np.ndarray:
    """Return ``n`` exact samples ``[n, D]`` float32 of the mixture.

    Args:
        even: take modes in turn: every mode as often as the others, and in the first rows too.
    """
    rng = np.random.default_rng(seed)
    count = len(mixture.centers)
    modes = np.arange(n) % count if even else rng.integers(count, size=n)
    noise = rng.standard_normal((n, mixture.centers.shape[1]))
    return (mixture.centers[modes] + mixture.std * noise).astype(np.float32)


def load(name: str, mixture: Mixture) -> Data:
    """Return 100,000 training and 10,000 held-out points, the same on every machine.

    The held-out points are evenly of all modes: as a reference they have no noise of counts.
    """
    train = partial(sample, mixture)
    return _points.load(name, train, partial(sample, mixture, even=True), mixture)
