"""Points spread evenly over the box around a mixture's modes: no mode is learned."""

from __future__ import annotations

from ganbench.core.kinds import Control, ControlInput, Data
from ganbench.core.lazy import np
from ganbench.core.registry import register


def fits(data: Data) -> str:
    """Return why there is no such box, or the empty string."""
    return "its modes are not known" if data.mixture is None else ""


def sample(given: ControlInput, n: int) -> np.ndarray:
    """Return ``n`` points ``[n, D]`` of the box."""
    assert given.data.mixture is not None
    centers = given.data.mixture.centers
    low, high = centers.min(0), centers.max(0)
    return given.rng.uniform(low, high, (n, len(low))).astype(given.data.train.dtype)


register(
    Control("uniform-box", sample, "points spread evenly over the box of the modes", fits=fits)
)
