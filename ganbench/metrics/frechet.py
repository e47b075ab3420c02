"""Fréchet distance between Gaussians fitted to two sets of features.

Dowson & Landau 1982; for GANs Heusel et al. 2017 (arXiv:1706.08500), eq. 6:

    FD = |mu1 - mu2|^2 + tr(C1) + tr(C2) - 2 tr (C1 C2)^(1/2)

With factors C1 = A'A and C2 = B'B the last trace is the nuclear norm of A B', a sum of singular
values: no square root of a non-symmetric matrix is ever taken. Covariances use N - 1.

With many features the same trace is first sought as the sum of square roots of the eigenvalues of
the symmetric A C2 A', several times faster. Rounding by d moves the root of an eigenvalue v by at
most min(sqrt d, d / sqrt v), so the error of the sum is estimated from the eigenvalues themselves,
and the singular values are taken instead wherever it might show (small eigenvalues, a distance
near 0).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import torch
from ganbench.core.registry import register
from ganbench.metrics import _inputs

if TYPE_CHECKING:
    from torch import Tensor

    from ganbench.core.kinds import Array

GRAM_FROM = 256  # features from which eigenvalues are tried before singular values
RELATIVE = 1e-9  # error that eigenvalues may bring, of the distance ...
ABSOLUTE = 1e-13  # ... or, near 0, of the two traces


def factor(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean ``[D]`` and a factor ``A [min(N, D), D]`` of the covariance ``A'A``."""
    moments = Moments()
    for rows in _inputs.doubles(x):
        moments.add(rows)
    return moments.finish()


def _reduced(rows: Tensor) -> Tensor:
    """Return R of QR where it is smaller than ``rows``, which have the same R'R."""
    return torch.linalg.qr(rows, mode="r").R if len(rows) > rows.shape[1] else rows


class Moments:
    """Mean and covariance factor of features that come in batches, in O(D^2) memory.

    Rows are gathered into blocks of ``4 D`` and each block is folded into the factor by a QR
    decomposition of [factor; centred block; shift of the mean] (the stable update of Chan et al.
    1983, on factors), so that the result hardly depends on the sizes of the batches and keeps its
    digits however far the features are from 0.
    """

    def __init__(self) -> None:
        self.count = 0
        self._rows: list[Tensor] = []
        self._waiting = 0
        self._mean: Tensor | None = None
        self._root: Tensor | None = None

    def update(self, batch: Any) -> None:
        """Add ``batch [n, D]``, n of 1 or more.

        Raises:
            ValueError: another D than before, values that are not finite.
        """
        self.add(_inputs.samples(batch, "batch", 1))

    def add(self, x: Tensor) -> None:
        """Add rows ``[n, D]`` that are known to be finite and float64."""
        known = self._rows[0] if self._rows else self._root
        if known is not None and x.shape[1] != known.shape[1]:
            raise ValueError(f"batch has {x.shape[1]} features and earlier ones {known.shape[1]}")
        block = 4 * max(x.shape[1], 64)
        while len(x):
            part, x = x[: block - self._waiting], x[block - self._waiting :]
            self._rows.append(part.clone())  # the caller may write into its batch again
            self._waiting += len(part)
            if self._waiting == block:
                self._fold()

    def _fold(self) -> None:
        block = torch.cat(self._rows)
        mean = block.mean(0)
        parts = [block - mean]
        if self._mean is not None and self._root is not None:
            total = self.count + len(block)
            shift = mean - self._mean
            parts += [self._root, (self.count * len(block) / total) ** 0.5 * shift[None]]
            mean = self._mean + shift * (len(block) / total)
        self._root, self._mean = _reduced(torch.cat(parts)), mean
        self.count += len(block)
        self._rows, self._waiting = [], 0

    def finish(self) -> tuple[Tensor, Tensor]:
        """Return the moments of all rows as ``factor`` does: mean ``[D]`` and factor ``[<= D, D]``.

        Raises:
            ValueError: fewer than 2 rows were added.
        """
        if self._waiting:
            self._fold()
        if self._mean is None or self._root is None or self.count < 2:
            raise ValueError(f"{self.count} samples were added: at least 2 needed")
        return self._mean, self._root / (self.count - 1) ** 0.5


def distance(mean1: Tensor, factor1: Tensor, mean2: Tensor, factor2: Tensor) -> Tensor:
    """Return the Fréchet distance from means and factors; a rounding error below 0 is kept."""
    product = factor1 @ factor2.T
    if product.is_cuda:
        cross = torch.linalg.svdvals(product).sum()
    else:  # LAPACK as SciPy brings it is several times faster than torch's on the CPU
        from scipy.linalg import svdvals

        cross = torch.tensor(svdvals(product.numpy(), check_finite=False).sum())
    traces = factor1.square().sum() + factor2.square().sum()
    return (mean1 - mean2).square().sum() + traces - 2 * cross


def _covariance(y: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean ``[D]`` and the covariance ``[D, D]``, in O(D^2) memory beside ``y``."""
    mean = torch.stack([rows.sum(0) for rows in _inputs.doubles(y)]).sum(0) / len(y)
    covariance = mean.new_zeros(len(mean), len(mean))
    for rows in _inputs.doubles(y):
        centred = rows - mean
        if y.is_cuda:
            covariance += centred.T @ centred
        else:  # numpy knows the product to be symmetric: half the work
            covariance += torch.from_numpy(centred.numpy().T @ centred.numpy())
    return mean, covariance.div_(len(y) - 1)


def _by_eigenvalues(mean: Tensor, root: Tensor, y: Tensor) -> float | None:
    """Return the distance of ``y [N, D]`` from a mean and factor, or None if it would be rounded.

    Takes the eigenvalues of A C2 A'.
    """
    mean2, covariance = _covariance(y)
    if y.is_cuda:
        values = torch.linalg.eigvalsh(root @ covariance @ root.T)
    else:
        from scipy.linalg import eigvalsh

        half = root.numpy()
        square = half @ covariance.numpy() @ half.T
        values = torch.from_numpy(
            eigvalsh(square.T, driver="evd", overwrite_a=True, check_finite=False)
        )
    values = values.clamp_(min=0)
    delta = 4 * y.shape[1] ** 0.5 * torch.finfo(values.dtype).eps * values.max()
    roots = values.sqrt()
    error = 2 * float(torch.minimum(delta.sqrt(), delta / roots).nan_to_num(0).sum())
    traces = root.square().sum() + covariance.diagonal().sum()
    distance = float((mean - mean2).square().sum() + traces - 2 * roots.sum())
    return distance if error <= max(RELATIVE * distance, ABSOLUTE * float(traces)) else None


def from_samples(mean: Tensor, root: Tensor, y: Tensor) -> float:
    """Return the Fréchet distance of ``y [N, D]`` from a mean and covariance factor."""
    moments = None
    if len(y) > y.shape[1] >= GRAM_FROM and len(root) == y.shape[1]:
        moments = _by_eigenvalues(mean, root, y)
    return max(float(distance(mean, root, *factor(y))) if moments is None else moments, 0.0)


def frechet_distance(real: Any, fake: Any) -> float:
    """Return the Fréchet distance between ``real [N, D]`` and ``fake [M, D]`` (squared units).

    Right for any N and D, rank-deficient covariances included: 0 for identical sets.

    Raises:
        ValueError: fewer than 2 samples, different D, values that are not finite.

    References:
        Heusel et al. 2017, arXiv:1706.08500, eq. 6.
    """
    return compute(prepare(real), fake)["fd"]


def prepare(real: Any) -> dict[str, Array]:
    """Return the mean ``[D]`` and covariance factor of the real side."""
    mean, root = factor(_inputs.checked(real, "real"))
    return {"mean": mean.cpu().numpy(), "factor": root.cpu().numpy()}


def restore(prepared: dict[str, Array], fake: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Return the real mean and factor and the fake samples, on one device."""
    y = _inputs.checked(fake, "fake")
    mean, root = (torch.from_numpy(prepared[k]).to(y.device) for k in ("mean", "factor"))
    _inputs.same_width(len(mean), y.shape[1])
    return mean, root, y


def compute(prepared: dict[str, Array], fake: Any) -> dict[str, float]:
    """Return ``fd`` from a prepared real side."""
    return {"fd": from_samples(*restore(prepared, fake))}


register(
    Metric(
        name="frechet",
        quantities=(
            Quantity(
                "fd",
                "squared feature distance",
                higher_is_better=False,
                controls=("drop", "blur", "noise"),
                blind=("copy",),
                label="Fréchet distance",
            ),
        ),
        needs=needs.FEATURES,
        group="quality",
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
