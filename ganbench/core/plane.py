"""Points as they are drawn: in the plane."""

from __future__ import annotations

import numpy as np


def plane(points: np.ndarray) -> list[tuple[float, float]]:
    """Return the first two coordinates of ``points [N, D]``; the second is 0 where D is 1."""
    padded = np.pad(points[:, :2], ((0, 0), (0, max(0, 2 - points.shape[1]))))
    return [(float(x), float(y)) for x, y in padded]
