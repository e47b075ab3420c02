"""The validation split: training samples that nobody trains on when something is chosen with them.

Rates, batch sizes and networks are chosen on it, so that the held-out split stays unseen.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from ganbench.core.kinds import Data
from ganbench.core.seeds import derive


def validation_split(data: Data, n: int | None = None) -> Data:
    """Return ``data`` with a seeded part of its training samples in place of the held-out ones.

    Args:
        n: how many samples the split holds; a tenth of the training samples if None.

    Raises:
        ValueError: fewer than one sample would be left on a side.
    """
    size = len(data.train)
    n = size // 10 if n is None else n
    if not 0 < n < size:
        raise ValueError(f"a validation split of {n} out of {size} training samples")
    order = np.random.default_rng(derive("validation", data.sha256)).permutation(size)
    held, rest = np.sort(order[:n]), np.sort(order[n:])
    labels = data.train_labels
    return replace(
        data,
        train=data.train[rest],
        test=data.train[held],
        train_labels=None if labels is None else labels[rest],
        test_labels=None if labels is None else labels[held],
        sha256=hashlib.sha256(f"validation {n} of {data.sha256}".encode()).hexdigest(),
    )
