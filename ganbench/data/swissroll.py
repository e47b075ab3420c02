"""A Swiss roll in the plane. Set-up of Gulrajani et al. 2017 (WGAN-GP), figure 1 and its code.

With t uniform on 1.5 pi .. 4.5 pi, a point is ((t cos t, t sin t) + 0.25 N(0, I)) / 7.5, which is
scikit-learn's ``make_swiss_roll`` without its height.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core.kinds import Budget, Data, Dataset
from ganbench.core.lazy import np
from ganbench.core.registry import register

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

START, END, NOISE, SCALE = 1.5, 4.5, 0.25, 7.5  # turns in units of pi


def sample(n: int, seed: int) -> Array:
    """Return ``n`` exact samples ``[n, 2]`` float32."""
    rng = np.random.default_rng(seed)
    t = np.pi * rng.uniform(START, END, n)
    points = np.stack([t * np.cos(t), t * np.sin(t)], 1) + NOISE * rng.standard_normal((n, 2))
    return (points / SCALE).astype(np.float32)


def load(data_dir: str | None = None) -> Data:
    """Return points ``[N, 2]`` float32."""
    from ganbench.data import _points

    return _points.load("swissroll", sample)


register(
    Dataset(
        name="swissroll",
        load=load,
        shape=(2,),
        arch="toy",
        features="none",
        metrics=("wasserstein", "sliced-wasserstein", "frechet", "precision-recall"),
        primary="w2",
        batch=128,
        budgets={"smoke": Budget(100), "quick": Budget(4_000), "core": Budget(8_000)},
        summary="a Swiss roll in the plane: one curved mode, with an exact sampler",
    )
)
