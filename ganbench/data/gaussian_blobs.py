"""Ten Gaussians in D dimensions: ``gaussian-blobs-D``. A set-up of our own.

The centres are drawn from N(0, I_D), one after the other, each at least four radii from those
before; they follow from D only. The standard deviation is 0.05 in every direction, the weights
are equal.

Three standard deviations would hold hardly any of a mode where D is large, since the distance to
the centre is std chi(D). The radius of high quality is therefore the quantile of chi(D) that holds
as much of a mode as 3 standard deviations hold in the plane, 1 - exp(-9/2) = 98.9 %; for D = 2 it
is 3.
"""

from __future__ import annotations

from functools import partial

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Budget, Data, Dataset, Mixture, Pattern
from ganbench.core.lazy import np
from ganbench.core.registry import register
from ganbench.core.seeds import derive

MODES, STD, APART = 10, 0.05, 4
LEAST, MOST = 2, 512  # 100,000 points of 512 numbers are 205 MB


def mixture(dimension: int) -> Mixture:
    """Return the ten centres ``[10, D]``, their standard deviation and the radius."""
    from ganbench.data import _mixtures

    radius = _mixtures.radius(dimension)
    rng = np.random.default_rng(derive("gaussian-blobs", dimension))
    centers = rng.standard_normal((1, dimension))
    while len(centers) < MODES:
        new = rng.standard_normal(dimension)
        if np.linalg.norm(centers - new, axis=1).min() >= APART * radius * STD:
            centers = np.vstack([centers, new])
    return Mixture(centers, STD, radius)


def load(dimension: int, data_dir: str | None = None) -> Data:
    """Return points ``[N, D]`` float32."""
    from ganbench.data import _mixtures

    return _mixtures.load(f"gaussian-blobs-{dimension}", mixture(dimension))


def make(argument: str) -> Dataset:
    """Return the data set in ``argument`` dimensions.

    Raises:
        UsageError: not a whole number, or too many.
    """
    dimension = int(argument) if argument.isascii() and argument.isdigit() else 0
    if not LEAST <= dimension <= MOST or argument != str(dimension):
        raise UsageError(
            f"gaussian-blobs-{argument}: D must be a whole number from {LEAST} to {MOST}, "
            "as in gaussian-blobs-16"
        )
    return Dataset(
        name=f"gaussian-blobs-{dimension}",
        load=partial(load, dimension),
        shape=(dimension,),
        arch=f"toy:latent={dimension}",
        features="none",
        metrics=("mode-coverage", "wasserstein", "sliced-wasserstein", "frechet"),
        primary="w1",
        batch=128,
        budgets={
            "smoke": Budget(100),
            "quick": Budget(4_000, n_fake=2_500),
            "core": Budget(8_000, n_fake=2_500),
        },
        summary=f"10 Gaussians in {dimension} dimensions, known modes and an exact sampler",
    )


register(
    Pattern(
        kind="dataset",
        name="gaussian-blobs",
        argument="D",
        make=make,
        summary="10 Gaussians in D dimensions with known modes",
        separator="-",
    )
)
