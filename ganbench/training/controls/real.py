"""Real samples, each once: the floor. No generator can be expected below it."""

from __future__ import annotations

from ganbench.core.kinds import Control, ControlInput
from ganbench.core.lazy import np
from ganbench.core.registry import register


def sample(given: ControlInput, n: int) -> np.ndarray:
    """Return ``n`` different training samples, or all of them again where there are fewer."""
    size = len(given.data.train)
    return given.data.train[np.resize(given.rng.permutation(size), n)]


register(Control("real", sample, summary="different real samples: the floor"))
