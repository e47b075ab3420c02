"""Sliced Wasserstein-2 distance over fixed seeded directions.

Bonneel et al. 2015, "Sliced and Radon Wasserstein Barycenters", section 2: the root of the mean,
over directions, of the squared one-dimensional W2 of the projections. In one dimension the optimal
coupling matches sorted values; sets of different sizes are matched along their common quantiles.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import np, torch
from ganbench.core.registry import register
from ganbench.metrics import _inputs

if TYPE_CHECKING:
    from torch import Tensor

    from ganbench.core.kinds import Array

BLOCK = 128  # directions at a time
PROJECTIONS = 1000
SEED = 0


def directions(features: int, projections: int, seed: int) -> Array:
    """Return unit vectors ``[features, projections]``, uniform on the sphere."""
    drawn = np.random.default_rng(seed).standard_normal((projections, features)).T
    return drawn / np.linalg.norm(drawn, axis=0)


def _common_quantiles(n: int, m: int) -> tuple[Array, Array, Array]:
    """Return ranks in both sorted sets, and the masses, of the monotone coupling."""
    edges = np.union1d(np.arange(1, n + 1) * m, np.arange(1, m + 1) * n)  # in units of 1 / (n m)
    start = np.concatenate([[0], edges[:-1]])
    return start // m, start // n, np.diff(edges, prepend=0) / (n * m)


def _sorted(x: Tensor, theta: Tensor) -> Tensor:
    """Return the projections on each direction in order, ``[projections, N]``."""
    projected = theta.T @ x.T
    if projected.is_cuda:
        return projected.sort(dim=1).values
    # numpy's sort is vectorised, unlike torch's, works in place and lets other threads run
    threads = torch.get_num_threads()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda rows: rows.sort(axis=1), np.array_split(projected.numpy(), threads)))
    return projected


def _squared(x: Tensor, y: Tensor, theta: Tensor) -> Tensor:
    """Return the squared 1-D W2 along each direction, ``[projections]``."""
    a, b = _sorted(x, theta), _sorted(y, theta)
    if a.shape == b.shape:
        return a.sub_(b).square_().mean(1)
    i, j, mass = (torch.from_numpy(v).to(x.device) for v in _common_quantiles(len(x), len(y)))
    return (a[:, i] - b[:, j]).square_() @ mass


def sliced_wasserstein(
    real: Any, fake: Any, projections: int = PROJECTIONS, seed: int = SEED
) -> float:
    """Return the sliced W2 of ``real [N, D]`` and ``fake [M, D]``, in the units of the data.

    Raises:
        ValueError: no samples, different D, fewer than 1 projection, values that are not finite.
    """
    x, y = _inputs.pair(real, fake, at_least=1)
    _inputs.count(projections, "projections", 1)
    theta = torch.from_numpy(directions(x.shape[1], projections, seed)).to(x)
    total = sum(float(_squared(x, y, block).sum()) for block in theta.split(BLOCK, dim=1))
    return (total / projections) ** 0.5


def prepare(real: Any, projections: int, seed: int) -> dict[str, Array]:
    """Return the real points ``[N, D]``."""
    return {"real": _inputs.samples(real, "real", 1).cpu().numpy()}


def compute(prepared: dict[str, Array], fake: Any, projections: int, seed: int) -> dict[str, float]:
    """Return ``sliced_w2``."""
    return {"sliced_w2": sliced_wasserstein(prepared["real"], fake, projections, seed)}


register(
    Metric(
        name="sliced-wasserstein",
        quantities=(
            Quantity(
                "sliced_w2",
                "feature distance",
                higher_is_better=False,
                controls=("drop", "blur", "noise"),
                blind=("copy",),
                label="sliced Wasserstein-2",
                headline=False,
            ),
        ),
        needs=needs.FEATURES,
        group="transport",
        prepare=prepare,
        compute=compute,
        version=2,
        params={"projections": PROJECTIONS, "seed": SEED},
        max_samples=2_500,
        paper=Paper(
            "Sliced and Radon Wasserstein Barycenters of Measures",
            "Bonneel et al.",
            2015,
            venue="Journal of Mathematical Imaging and Vision 51",
        ),
    )
)
