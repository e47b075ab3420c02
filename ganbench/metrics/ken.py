"""Kernel entropy of novel modes. Zhang et al. 2024 (ICML), arXiv:2402.17287.

x are N generated and y M real samples, k the Gaussian kernel exp(-|x - y|^2 / (2 sigma^2)), C_x
and C_y the kernel covariances. The eigenvalues of C_x - eta C_y, but for zeros, are those of

    [    K_xx / N               sqrt(eta / NM) K_xy ]
    [ -sqrt(eta / NM) K_yx     -eta K_yy / M        ]

and each positive one, v_i, is a mode that is more than eta times as frequent among the generated
samples as among the real ones. KEN is their entropy, weighed by their mass S = sum v_i:

    KEN = sum v_i log(S / v_i) = S times the entropy of v_i / S,   in nats

With G = R R' the kernel of all samples (scaled as above, all signs +) and J = diag(1, -1), the
eigenvalues are those of the symmetric R' J R. One novel mode, however large, has entropy 0. A
perfect generator of finite samples has not: read KEN against its floor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import np, torch
from ganbench.core.registry import register
from ganbench.metrics import _gaussian, _inputs

if TYPE_CHECKING:
    from torch import Tensor

    from ganbench.core.kinds import Array

ETA = 1.0
ROUNDING = 1e-12  # of the largest eigenvalue of the kernel: below, it is none


def novel_modes(real: Any, fake: Any, sigma: float, eta: float = ETA) -> Tensor:
    """Return the positive eigenvalues of C_fake - eta C_real, rising, without those of rounding.

    Raises:
        ValueError: see ``ken``.
    """
    y, x = _inputs.pair(real, fake, 1)
    sigma, eta = _gaussian.positive(sigma, "sigma"), _gaussian.positive(eta, "eta")
    rows = _gaussian.scaled(torch.cat([x, y]), sigma)
    sign = torch.cat([x.new_ones(len(x)), -y.new_ones(len(y))])
    weight = torch.cat([x.new_full((len(x),), len(x) ** -0.5),
                        y.new_full((len(y),), (eta / len(y)) ** 0.5)])  # fmt: skip
    kernel = _gaussian.squared(rows, rows).fill_diagonal_(0).neg_().exp_()
    values, vectors = _eigen(kernel.mul_(weight).mul_(weight[:, None]))
    least = ROUNDING * float(values[-1])
    root = vectors[:, values > least] * values[values > least].sqrt()
    found, _ = _eigen(root.T @ (sign[:, None] * root), vectors=False)
    return found[found > least]


def _eigen(matrix: Tensor, vectors: bool = True) -> tuple[Tensor, Tensor]:
    """Return the rising eigenvalues of a symmetric matrix, and its eigenvectors or nothing.

    On a CPU numpy's library takes a quarter of the time of torch's.
    """
    if matrix.is_cuda:
        return torch.linalg.eigh(matrix)
    if vectors:
        values, columns = np.linalg.eigh(matrix.numpy())
        return torch.from_numpy(values), torch.from_numpy(columns)
    return torch.from_numpy(np.linalg.eigvalsh(matrix.numpy())), matrix.new_empty(0)


def ken(real: Any, fake: Any, sigma: float, eta: float = ETA) -> float:
    """Return KEN of ``fake [M, D]`` beside ``real [N, D]``, 0 or more, in nats.

    The eigenvalues of a dense ``[N + M, N + M]`` matrix are taken.

    Args:
        sigma: width of the kernel, in the units of the data.
        eta: how many times as frequent as among real samples a mode must be to be novel.

    Raises:
        ValueError: sigma or eta not positive, no samples, different D, values that are not finite.

    References:
        Zhang et al. 2024, arXiv:2402.17287.
    """
    values = novel_modes(real, fake, sigma, eta)
    return max(0.0, float((values * (values.sum() / values).log()).sum()))


def prepare(real: Any, scale: float = _gaussian.SCALE, eta: float = ETA) -> dict[str, Array]:
    """Return the real points ``[N, D]`` and sigma, ``scale`` times their median distance."""
    x = _inputs.samples(real, "real")
    return {"real": x.cpu().numpy(), "sigma": np.array(_gaussian.bandwidth(x, scale))}


def compute(
    prepared: dict[str, Array], fake: Any, scale: float = _gaussian.SCALE, eta: float = ETA
) -> dict[str, float]:
    """Return ``ken``."""
    return {"ken": ken(prepared["real"], fake, float(prepared["sigma"]), eta)}


register(
    Metric(
        name="ken",
        quantities=(
            Quantity(
                "ken",
                "nats",
                higher_is_better=False,
                closest_to_floor=True,
                controls=("blur", "duplicate"),
                blind=("copy",),
                label="KEN",
                headline=False,
            ),
        ),
        needs=needs.FEATURES,
        group="quality",
        prepare=prepare,
        compute=compute,
        params={"scale": _gaussian.SCALE, "eta": ETA},
        max_samples=750,
        floor_draws=3,
        paper=Paper(
            "An Interpretable Evaluation of Entropy-based Novelty of Generative Models",
            "Zhang et al.",
            2024,
            arxiv="2402.17287",
        ),
    )
)
