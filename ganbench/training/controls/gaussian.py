"""A Gaussian with the mean and the covariance of the training samples' values.

Whoever does not beat it has not learned the data: mean and covariance are all it knows.
"""

from __future__ import annotations

from ganbench.core.kinds import Control, ControlInput
from ganbench.core.lazy import np
from ganbench.core.registry import register

MOST = 10_000  # training samples that are read, about


def sample(given: ControlInput, n: int) -> np.ndarray:
    """Return ``n`` draws, rounded and clipped where the data are uint8 images."""
    train = given.data.train[:: max(1, len(given.data.train) // MOST)]
    flat = train.reshape(len(train), -1).astype(np.float64)
    mean, factor = flat.mean(0), (flat - flat.mean(0)) / np.sqrt(max(1, len(flat) - 1))
    drawn = mean + given.rng.standard_normal((n, len(factor))) @ factor
    if train.dtype == np.uint8:
        drawn = np.clip(np.rint(drawn), 0, 255)
    return drawn.reshape(n, *train.shape[1:]).astype(train.dtype)


register(
    Control("gaussian", sample, summary="a Gaussian with the training samples' mean and covariance")
)
