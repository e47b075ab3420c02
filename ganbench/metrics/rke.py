"""Renyi kernel entropy: the effective number of modes. Jalali et al. 2023, NeurIPS.

With the Gaussian kernel K_ij = exp(-|x_i - x_j|^2 / (2 sigma^2)), whose K / N has the trace 1,

    RKE = 1 / |K / N|_F^2 = 1 / mean_ij K_ij^2

is the exponential of the order-2 Renyi entropy of the eigenvalues of K / N: the Vendi score of
order 2, exact without an eigenvalue. Samples much closer than sigma are one mode, samples much
farther apart are two. The registered metric takes half of the median distance between real samples
for sigma, so that the number is about the same in any units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import np
from ganbench.core.registry import register
from ganbench.metrics import _gaussian, _inputs

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

TILE = 1024  # rows and columns of the kernel at a time


def rke(x: Any, sigma: float) -> float:
    """Return the RKE score of ``x [N, D]``: 1 (all alike) to N (all far apart).

    Args:
        sigma: width of the kernel, in the units of the data.

    Raises:
        ValueError: sigma not positive, no samples, values that are not finite.

    References:
        Jalali et al. 2023, "An Information-Theoretic Evaluation of Generative Models in Learning
        Multi-modal Distributions", NeurIPS.
    """
    rows = _gaussian.scaled(_inputs.samples(x, "x", 1), _gaussian.positive(sigma, "sigma"))
    total = sum(
        times * float(squared.mul_(-2).exp_().sum())
        for squared, times in _gaussian.tiles(rows, TILE)
    )
    return len(rows) ** 2 / total


def prepare(real: Any, scale: float = _gaussian.SCALE) -> dict[str, Array]:
    """Return sigma (``scale`` times the median real distance) and the number of features."""
    x = _inputs.samples(real, "real")
    return {"sigma": np.array(_gaussian.bandwidth(x, scale)), "features": np.array(x.shape[1])}


def compute(
    prepared: dict[str, Array], fake: Any, scale: float = _gaussian.SCALE
) -> dict[str, float]:
    """Return ``rke`` of the generated side."""
    y = _inputs.samples(fake, "fake", 1)
    _inputs.same_width(int(prepared["features"]), y.shape[1])
    return {"rke": rke(y, float(prepared["sigma"]))}


register(
    Metric(
        name="rke",
        quantities=(
            Quantity(
                "rke",
                "effective modes",
                higher_is_better=True,
                controls=("drop",),
                blind=("copy",),
                label="RKE",
                headline=False,
            ),
        ),
        needs=needs.FEATURES,
        group="collapse",
        prepare=prepare,
        compute=compute,
        params={"scale": _gaussian.SCALE},
        max_samples=5_000,
        paper=Paper(
            "An Information-Theoretic Evaluation of Generative Models in Learning Multi-modal "
            "Distributions",
            "Jalali et al.",
            2023,
            venue="NeurIPS",
        ),
    )
)
