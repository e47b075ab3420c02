"""Points spread evenly over the circle on which a mixture's modes lie: no mode is learned."""

from __future__ import annotations

from ganbench.core.kinds import Control, ControlInput, Data
from ganbench.core.lazy import np
from ganbench.core.registry import register

ROUND = 1e-6  # most difference between the radii of modes on one circle, of their mean


def fits(data: Data) -> str:
    """Return why there is no such circle, or the empty string."""
    if data.mixture is None:
        return "its modes are not known"
    centers = data.mixture.centers
    if centers.shape[1] != 2:
        return "its modes are not in the plane"
    radii = np.linalg.norm(centers - centers.mean(0), axis=1)
    return "" if np.ptp(radii) < ROUND * radii.mean() else "its modes are not on one circle"


def sample(given: ControlInput, n: int) -> np.ndarray:
    """Return ``n`` points ``[n, 2]`` of the circle."""
    assert given.data.mixture is not None
    centers = given.data.mixture.centers
    middle = centers.mean(0)
    radius = np.linalg.norm(centers - middle, axis=1).mean()
    angles = given.rng.uniform(0, 2 * np.pi, n)
    points = middle + radius * np.stack([np.cos(angles), np.sin(angles)], 1)
    return points.astype(given.data.train.dtype)


register(
    Control("uniform-ring", sample, "points spread evenly over the circle of the modes", fits=fits)
)
