"""Two spiral arms about the origin, much as "2spirals" of Grathwohl et al. 2019 (FFJORD).

With t = 3 pi sqrt(u), u uniform on 0..1, and a fair sign s, a point is
s (-t cos t, t sin t) / 3 + 0.1 N(0, I). The root spreads the points nearly evenly along the arms.
FFJORD's code shifts every point by another uniform number, which this leaves out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core.kinds import Budget, Data, Dataset
from ganbench.core.lazy import np
from ganbench.core.registry import register

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

TURN, SCALE, NOISE = 3.0, 3.0, 0.1  # the arms' length in units of pi


def sample(n: int, seed: int) -> Array:
    """Return ``n`` exact samples ``[n, 2]`` float32."""
    rng = np.random.default_rng(seed)
    t = TURN * np.pi * np.sqrt(rng.uniform(size=n))
    signed = rng.choice([-1.0, 1.0], n) * t / SCALE
    arms = np.stack([-signed * np.cos(t), signed * np.sin(t)], 1)
    return (arms + NOISE * rng.standard_normal((n, 2))).astype(np.float32)


def load(data_dir: str | None = None) -> Data:
    """Return points ``[N, 2]`` float32."""
    from ganbench.data import _points

    return _points.load("spiral", sample)


register(
    Dataset(
        name="spiral",
        load=load,
        shape=(2,),
        arch="toy",
        features="none",
        metrics=("wasserstein", "sliced-wasserstein", "frechet", "precision-recall"),
        primary="w2",
        batch=128,
        budgets={"smoke": Budget(100), "quick": Budget(4_000), "core": Budget(8_000)},
        summary="two spiral arms in the plane, with an exact sampler",
    )
)
