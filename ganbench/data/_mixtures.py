"""Mixtures of isotropic Gaussians as data sets that know their modes and have an exact sampler."""

from __future__ import annotations

import numpy as np

from ganbench.core.kinds import Data, Mixture
from ganbench.data import _points


def sample(mixture: Mixture, n: int, seed: int) -> np.ndarray:
    """Return ``n`` exact samples ``[n, D]`` float32 of the mixture."""
    rng = np.random.default_rng(seed)
    modes = rng.integers(len(mixture.centers), size=n)
    noise = rng.standard_normal((n, mixture.centers.shape[1]))
    return (mixture.centers[modes] + mixture.std * noise).astype(np.float32)


def load(name: str, mixture: Mixture) -> Data:
    """Return 100,000 training and 10,000 held-out points, the same on every machine."""
    return _points.load(name, lambda n, seed: sample(mixture, n, seed), mixture)
