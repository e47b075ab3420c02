"""Twenty-five Gaussians on a grid. Set-up of Lin et al. 2018 (PacGAN), section 4.1.

Centres {-4, -2, 0, 2, 4}^2, standard deviation 0.05, equal weights, 100,000 points.
"""

from __future__ import annotations

from ganbench.core.kinds import Budget, Data, Dataset, Mixture
from ganbench.core.lazy import np
from ganbench.core.registry import register

SIDE, STD = (-4.0, -2.0, 0.0, 2.0, 4.0), 0.05


def mixture() -> Mixture:
    """Return the 25 centres ``[25, 2]`` and their standard deviation."""
    return Mixture(np.array([(x, y) for x in SIDE for y in SIDE]), STD)


def load(data_dir: str | None = None) -> Data:
    """Return points ``[N, 2]`` float32."""
    from ganbench.data import _mixtures

    return _mixtures.load("grid2d", mixture())


register(
    Dataset(
        name="grid2d",
        load=load,
        shape=(2,),
        arch="toy",
        features="none",
        metrics=("mode-coverage", "wasserstein", "sliced-wasserstein", "frechet"),
        primary="w1",
        batch=128,
        budgets={
            "smoke": Budget(100),
            "quick": Budget(4_000, n_fake=5_000),
            "core": Budget(8_000, n_fake=5_000),
            "paper": Budget(400_000, batch=100, n_fake=2_500),  # PacGAN: 400 epochs of 100,000
        },
        summary="25 Gaussians on a grid, with known modes and an exact sampler",
    )
)
