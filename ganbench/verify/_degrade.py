"""Seeded degradations of real samples, in steps from 0 (none) to 4.

drop       fewer and fewer classes or modes, the same number of samples
blur       images smoothed by a Gaussian of 0, 0.5, 1, 1.5, 2 pixels
noise      Gaussian noise added: 0, 16, 32, 64, 128 grey levels, or 0, 4, 10, 25, 60 times the
standard deviation of a mode
duplicate  n, n/2, n/4, n/8, n/16 different samples, repeated
copy       0, 25, 50, 75, 100 % of the samples replaced by training samples
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

STEPS = 5


@dataclass(frozen=True)
class Pool:
    """Real samples that are taken for a perfect generator's, and the samples to degrade them with.

    Attributes:
        samples: ``[N, *shape]``, of which ``n`` are shown; labels: class or mode of each ``[N]``.
        train: the training samples that may be copied.
        std: standard deviation of a mode, for points; 0 for images.
    """

    samples: np.ndarray
    labels: np.ndarray
    train: np.ndarray
    n: int
    std: float = 0.0


def _pick(pool: Pool, rng: np.random.Generator, keep: np.ndarray | None = None) -> np.ndarray:
    index = np.arange(len(pool.samples)) if keep is None else np.flatnonzero(keep)
    if len(index) < pool.n:
        raise ValueError(f"the pool holds {len(index)} such samples: {pool.n} needed")
    return pool.samples[rng.permutation(index)[: pool.n]]


def drop(pool: Pool, step: int, rng: np.random.Generator) -> np.ndarray:
    """Return samples of the first classes only: all, 3/4, 1/2, 1/4 of them, one."""
    classes = int(pool.labels.max()) + 1
    kept = max(1, round(classes * (1 - step / (STEPS - 1))))
    return _pick(pool, rng, pool.labels < kept)


def blur(pool: Pool, step: int, rng: np.random.Generator) -> np.ndarray:
    """Return smoothed images."""
    from scipy.ndimage import gaussian_filter

    sigma = step / 2
    smooth = gaussian_filter(_pick(pool, rng).astype(np.float32), (0, 0, sigma, sigma))
    return np.round(smooth).clip(0, 255).astype(np.uint8)


def noise(pool: Pool, step: int, rng: np.random.Generator) -> np.ndarray:
    """Return noisy samples."""
    clean = _pick(pool, rng)
    if pool.std:
        size = pool.std * (0, 4, 10, 25, 60)[step]
        return (clean + size * rng.standard_normal(clean.shape)).astype(clean.dtype)
    noisy = clean + (0, 16, 32, 64, 128)[step] * rng.standard_normal(clean.shape)
    return np.round(noisy).clip(0, 255).astype(np.uint8)


def duplicate(pool: Pool, step: int, rng: np.random.Generator) -> np.ndarray:
    """Return few samples, repeated."""
    different = _pick(pool, rng)[: max(1, pool.n // 2**step)]
    return np.resize(different, (pool.n, *different.shape[1:]))


def copy(pool: Pool, step: int, rng: np.random.Generator) -> np.ndarray:
    """Return samples of which a share is from the training set."""
    samples = _pick(pool, rng).copy()
    copied = rng.permutation(len(pool.train))[: round(pool.n * step / (STEPS - 1))]
    samples[rng.permutation(pool.n)[: len(copied)]] = pool.train[copied]
    return samples


DEGRADATIONS: dict[str, Callable[[Pool, int, np.random.Generator], np.ndarray]] = {
    "drop": drop,
    "blur": blur,
    "noise": noise,
    "duplicate": duplicate,
    "copy": copy,
}
