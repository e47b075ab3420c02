"""Frequencies of modes or classes, and their divergence from the true ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core.lazy import np

if TYPE_CHECKING:
    from ganbench.core.kinds import Array


def frequencies(assigned: Array, count: int) -> Array:
    """Return the frequency (0-1) of each of ``count`` bins among samples, ``[count]``."""
    return np.bincount(assigned, minlength=count) / len(assigned)


def kl(p: Array, q: Array) -> float:
    """Return KL(p || q) in nats; bins with p = 0 add nothing."""
    held = p > 0
    return float(max((p[held] * np.log(p[held] / q[held])).sum(), 0.0))


def nearest_modes(samples: Array, centers: Array) -> Array:
    """Return the nearest of ``centers [M, D]`` to each of ``samples [N, ...]``."""
    from scipy.spatial.distance import cdist

    squared = cdist(samples.reshape(len(samples), -1), centers, "sqeuclidean")
    modes: Array = squared.argmin(1)
    return modes
