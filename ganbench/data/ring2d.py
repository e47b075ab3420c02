"""Eight Gaussians on a circle. Set-up of Lin et al. 2018 (PacGAN), section 4.1.

Radius 1, standard deviation 0.01, equal weights, 100,000 points. The angles are k 2 pi / 8 for
k = 0..7: a linspace that includes its end point would give seven distinct modes.
"""

from __future__ import annotations

from ganbench.core.kinds import Budget, Data, Dataset, Mixture
from ganbench.core.lazy import np
from ganbench.core.registry import register

MODES, RADIUS, STD = 8, 1.0, 0.01


def mixture() -> Mixture:
    """Return the eight centres ``[8, 2]`` and their standard deviation."""
    angles = 2 * np.pi * np.arange(MODES) / MODES
    return Mixture(RADIUS * np.stack([np.cos(angles), np.sin(angles)], 1), STD)


def load(data_dir: str | None = None) -> Data:
    """Return points ``[N, 2]`` float32."""
    from ganbench.data import _mixtures

    return _mixtures.load("ring2d", mixture())


register(
    Dataset(
        name="ring2d",
        load=load,
        shape=(2,),
        arch="toy",
        features="none",
        metrics=("mode-coverage", "wasserstein", "sliced-wasserstein", "frechet"),
        primary="w1",
        batch=128,
        budgets={
            "smoke": Budget(100),
            "quick": Budget(2_000, batch=64, seeds=5, n_fake=2_500, ema=0.99),
            "core": Budget(8_000, batch=64, seeds=5, n_fake=2_500),
            "paper": Budget(400_000, batch=100, n_fake=2_500),  # PacGAN: 400 epochs of 100,000
        },
        summary="8 Gaussians on a circle, with known modes and an exact sampler",
    )
)
