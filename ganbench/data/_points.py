"""Points with an exact sampler as data sets: the same splits on every machine."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ganbench.core.kinds import Data, Mixture
from ganbench.core.seeds import derive
from ganbench.data._hashing import array_sha256

N_TRAIN, N_TEST = 100_000, 10_000

Sampler = Callable[[int, int], np.ndarray]  # (n, seed) -> [n, D] float32


def load(
    name: str,
    sampler: Sampler,
    held_out: Sampler | None = None,
    mixture: Mixture | None = None,
) -> Data:
    """Return 100,000 training and 10,000 held-out points of ``sampler``, seeded by ``name``.

    Args:
        held_out: the sampler of the held-out points, where it is another.
    """
    train = sampler(N_TRAIN, derive(name, "train"))
    test = (held_out or sampler)(N_TEST, derive(name, "test"))
    return Data(
        train=train,
        test=test,
        sha256=array_sha256(train, test),
        mixture=mixture,
    )
