"""Mixtures of isotropic Gaussians as data sets that know their modes and have an exact sampler."""

from __future__ import annotations

import numpy as np

from ganbench.data._hashing import array_sha256
from ganbench.seeds import derive
from ganbench.spec import Data, Mixture

N_TRAIN, N_TEST = 100_000, 10_000


def sample(mixture: Mixture, n: int, seed: int) -> np.ndarray:
    """Return ``n`` exact samples ``[n, D]`` float32 of the mixture."""
    rng = np.random.default_rng(seed)
    modes = rng.integers(len(mixture.centers), size=n)
    noise = rng.standard_normal((n, mixture.centers.shape[1]))
    return (mixture.centers[modes] + mixture.std * noise).astype(np.float32)


def load(name: str, mixture: Mixture) -> Data:
    """Return 100,000 training and 10,000 held-out points, the same on every machine."""
    train = sample(mixture, N_TRAIN, derive(name, "train"))
    test = sample(mixture, N_TEST, derive(name, "test"))
    return Data(
        train=train,
        test=test,
        sha256=array_sha256(train, test),
        mixture=mixture,
        sampler=lambda n, seed: sample(mixture, n, seed),
    )
