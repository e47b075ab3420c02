"""Vendi score: the effective number of different samples.

Friedman & Dieng 2023 (arXiv:2210.02410), with the cosine kernel
K_ij = x_i.x_j / (|x_i| |x_j|) and the eigenvalues v of K / N, which sum to 1:

    VS = exp(- sum v log v)                        for q = 1
    VS_q = exp(log(sum v^q) / (1 - q))             Pasarkar & Dieng 2024, arXiv:2310.12952

K / N = Z Z' / N and Z'Z / N have the same eigenvalues but zeros: the smaller is solved. With a
``sigma`` the kernel is the Gaussian one, K_ij = exp(-|x_i - x_j|^2 / (2 sigma^2)), N x N.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import np, torch
from ganbench.core.registry import register
from ganbench.metrics import _gaussian, _inputs

if TYPE_CHECKING:
    from torch import Tensor

    from ganbench.core.kinds import Array

Q = 1


def _cosine(rows: Tensor) -> Tensor:
    """Return the smaller of the two matrices with the eigenvalues of the cosine kernel / N."""
    largest = rows.abs().amax(1, keepdim=True)  # so that no square over- or underflows
    empty = int((largest == 0).sum())
    if empty:
        raise ValueError(f"x has {empty} rows of zeros: they have no direction")
    rows = rows / largest
    rows = rows / rows.norm(dim=1, keepdim=True) / len(rows) ** 0.5
    return rows @ rows.T if len(rows) < rows.shape[1] else rows.T @ rows


def _gaussian_kernel(rows: Tensor, sigma: float) -> Tensor:
    """Return the Gaussian kernel / N."""
    rows = _gaussian.scaled(rows, _gaussian.positive(sigma, "sigma"))
    return _gaussian.squared(rows, rows).fill_diagonal_(0).neg_().exp_() / len(rows)


def vendi_score(x: Any, q: float = Q, sigma: float | None = None) -> float:
    """Return the Vendi score of ``x [N, D]``: 1 (all alike) to min(N, D) (all orthogonal).

    With the Gaussian kernel it is up to N (all far apart); that of order 2 is ``rke``.

    Args:
        q: order of the entropy, 0 to infinity; below 1 rare samples weigh more, above 1 less.
            Eigenvalues that are rounding (below min(N, D) eps) count as 0.
        sigma: width of the Gaussian kernel, in the units of the data; None: the cosine kernel.

    Raises:
        ValueError: q below 0 or NaN, sigma not positive, no samples, a row of zeros (it has no
            direction), values that are not finite.

    References:
        Friedman & Dieng 2023, arXiv:2210.02410.
    """
    rows = _inputs.samples(x, "x", 1)
    if not isinstance(q, (int, float)) or isinstance(q, bool) or not q >= 0:
        raise ValueError(f"q is {q!r}: a number of at least 0 needed")
    gram = _cosine(rows) if sigma is None else _gaussian_kernel(rows, sigma)
    values = torch.linalg.eigvalsh(gram)
    values = values[values > len(values) * torch.finfo(values.dtype).eps]
    values = values / values.sum()
    if q == 1:
        return math.exp(-float((values * values.log()).sum()))
    if math.isinf(q):
        return 1 / float(values.max())
    return math.exp(float(torch.logsumexp(q * values.log(), 0)) / (1 - q))


def prepare(real: Any, q: float = Q) -> dict[str, Array]:
    """Return the number of features: the score reads only the generated side."""
    return {"features": np.array(_inputs.samples(real, "real", 1).shape[1])}


def compute(prepared: dict[str, Array], fake: Any, q: float = Q) -> dict[str, float]:
    """Return ``vendi`` of the generated side."""
    y = _inputs.samples(fake, "fake", 1)
    _inputs.same_width(int(prepared["features"]), y.shape[1])
    return {"vendi": vendi_score(y, q)}


register(
    Metric(
        name="vendi",
        quantities=(
            Quantity(
                "vendi",
                "effective samples",
                higher_is_better=True,
                controls=("drop", "duplicate"),
                blind=("copy",),
                headline=False,
            ),
        ),
        needs=needs.FEATURES,
        group="collapse",
        prepare=prepare,
        compute=compute,
        params={"q": Q},
        paper=Paper(
            "The Vendi Score: A Diversity Evaluation Metric for Machine Learning",
            "Friedman & Dieng",
            2023,
            arxiv="2210.02410",
        ),
    )
)
