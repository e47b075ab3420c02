"""Copies of training samples, drawn with replacement: what perfect memorisation looks like."""

from __future__ import annotations

from ganbench.core.kinds import Control, ControlInput
from ganbench.core.lazy import np
from ganbench.core.registry import register


def sample(given: ControlInput, n: int) -> np.ndarray:
    """Return ``n`` training samples, some of them more than once."""
    return given.data.train[given.rng.integers(len(given.data.train), size=n)]


register(Control("copies", sample, summary="copies of training samples, drawn with replacement"))
