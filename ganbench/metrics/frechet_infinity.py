"""Fréchet distance extrapolated to infinitely many generated samples.

Chong & Forsyth 2020 (arXiv:1911.07023): the expectation of the distance at N samples is
close to a line in 1 / N, so the intercept of the least-squares line through several N has most of
the bias removed:

    FD(N) = FD_inf + slope / N

The real side stays as it is; each size has its own seeded subset of the generated samples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import np, torch
from ganbench.core.registry import register
from ganbench.metrics import _inputs, frechet

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

POINTS = 15
SEED = 0


def sizes(n: int, features: int, points: int) -> Array:
    """Return the sample sizes: ``points`` whole numbers, evenly spaced, the last one ``n``.

    The first is n / 10, as in the paper (5,000 of 50,000); raised to D + 2, where the covariance
    has full rank and the line begins to hold, but to no more than n / 2.

    Raises:
        ValueError: fewer than ``points`` different sizes.
    """
    first = max(n // 10, min(features + 2, n // 2), 2)
    counts = np.linspace(first, n, points).round().astype(int)
    if len(np.unique(counts)) < points:
        raise ValueError(f"fake has {n} samples: too few for points = {points} different sizes")
    return counts


def frechet_infinity(real: Any, fake: Any, points: int = POINTS, seed: int = SEED) -> float:
    """Return the intercept of the line through the Fréchet distance against 1 / N.

    An estimate, in squared units: of a good generator it may lie below 0, and is not clipped.

    Args:
        real: ``[N, D]``.
        fake: ``[M, D]``.
        points: sample sizes (see ``sizes``), 15 in the paper.
        seed: of the subsets.

    Raises:
        ValueError: too few fakes for these sizes, points below 2, different D, values that are
            not finite.

    References:
        Chong & Forsyth 2020, arXiv:1911.07023.
    """
    return compute(frechet.prepare(real), fake, points, seed)["fd_inf"]


def prepare(real: Any, points: int = POINTS, seed: int = SEED) -> dict[str, Array]:
    """Return the mean ``[D]`` and covariance factor of the real side."""
    return frechet.prepare(real)


def compute(
    prepared: dict[str, Array], fake: Any, points: int = POINTS, seed: int = SEED
) -> dict[str, float]:
    """Return ``fd_inf`` from a prepared real side."""
    mean, root, y = frechet.restore(prepared, fake)
    _inputs.count(points, "points", 2)
    rng = np.random.default_rng(seed)
    used = sizes(len(y), y.shape[1], points)
    distances = [
        frechet.from_samples(mean, root, y[torch.from_numpy(rng.permutation(len(y))[:n])])
        for n in used
    ]
    _, intercept = np.polyfit(1 / used, distances, 1)
    return {"fd_inf": float(intercept)}


register(
    Metric(
        name="frechet-infinity",
        quantities=(
            Quantity(
                "fd_inf",
                "squared feature distance",
                higher_is_better=False,
                controls=("drop", "blur", "noise"),
                blind=("copy",),
                headline=False,
            ),
        ),
        needs=needs.FEATURES,
        group="quality",
        prepare=prepare,
        compute=compute,
        params={"points": POINTS, "seed": SEED},
        final_only=True,
        paper=Paper(
            "Effectively Unbiased FID and Inception Score and Where to Find Them",
            "Chong & Forsyth",
            2020,
            arxiv="1911.07023",
        ),
    )
)
