"""Fréchet distance between Gaussians fitted to two sets of features.

Dowson & Landau 1982; for GANs Heusel et al. 2017 (arXiv:1706.08500), eq. 6:

    FD = |mu1 - mu2|^2 + tr(C1) + tr(C2) - 2 tr (C1 C2)^(1/2)

With factors C1 = A'A and C2 = B'B the last trace is the nuclear norm of A B', a sum of singular
values: no square root of a non-symmetric matrix is ever taken. Covariances use N - 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganbench.lazy import torch
from ganbench.metrics import _inputs
from ganbench.registry import register
from ganbench.spec import Metric, Paper, Quantity

if TYPE_CHECKING:
    from torch import Tensor

    from ganbench.spec import Array


def factor(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean ``[D]`` and a factor ``A [min(N, D), D]`` of the covariance ``A'A``."""
    mean = x.mean(0)
    centred = (x - mean) / (len(x) - 1) ** 0.5
    return mean, torch.linalg.qr(centred, mode="r").R if len(x) > x.shape[1] else centred


def distance(mean1: Tensor, factor1: Tensor, mean2: Tensor, factor2: Tensor) -> Tensor:
    """Return the Fréchet distance from means and factors; a rounding error below 0 is kept."""
    cross = torch.linalg.svdvals(factor1 @ factor2.T).sum()
    traces = factor1.square().sum() + factor2.square().sum()
    return (mean1 - mean2).square().sum() + traces - 2 * cross


def frechet_distance(real: Any, fake: Any) -> float:
    """Return the Fréchet distance between ``real [N, D]`` and ``fake [M, D]`` (squared units).

    Exact for any N and D, rank-deficient covariances included: 0 for identical sets.

    Raises:
        ValueError: fewer than 2 samples, different D, values that are not finite.

    References:
        Heusel et al. 2017, arXiv:1706.08500, eq. 6.
    """
    x, y = _inputs.pair(real, fake)
    return max(float(distance(*factor(x), *factor(y))), 0.0)


def prepare(real: Any) -> dict[str, Array]:
    """Return the mean ``[D]`` and covariance factor of the real side."""
    mean, root = factor(_inputs.samples(real, "real"))
    return {"mean": mean.cpu().numpy(), "factor": root.cpu().numpy()}


def compute(prepared: dict[str, Array], fake: Any) -> dict[str, float]:
    """Return ``fd`` from a prepared real side."""
    y = _inputs.samples(fake, "fake")
    mean, root = (torch.from_numpy(prepared[k]).to(y.device) for k in ("mean", "factor"))
    if len(mean) != y.shape[1]:
        raise ValueError(f"real has {len(mean)} features and fake {y.shape[1]}: not comparable")
    return {"fd": max(float(distance(mean, root, *factor(y))), 0.0)}


register(
    Metric(
        name="frechet",
        quantities=(Quantity("fd", "squared feature distance", higher_is_better=False),),
        needs="features",
        prepare=prepare,
        compute=compute,
        paper=Paper(
            "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium",
            "Heusel et al.",
            2017,
            arxiv="1706.08500",
        ),
    )
)
