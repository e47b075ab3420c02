"""Kernel distance: the unbiased squared maximum mean discrepancy. Bińkowski et al. 2018.

arXiv:1801.01401, on Gretton et al. 2012, with k(x, y) = (x.y / D + 1)^3:

    KD = mean over i != j of k(x_i, x_j) + mean over i != j of k(y_i, y_j)
         - 2 mean over i, j of k(x_i, y_j)

The value is the full U-statistic over all pairs; the usual average over random subsets is a noisier
estimate of the same number. The standard error is from disjoint blocks: both sides are
put in a seeded order and cut into B = 10 blocks of equal size (to within 1), the distance between
each pair of blocks (first to first, and so on) is a U-statistic of its own, and the error is the
standard deviation of those B independent values (B - 1) over sqrt B. It is that of the full
statistic where the distributions differ, and about sqrt B times too large where they are the same.

On the CPU many samples are multiplied in float32 and added up in float64. Rounding to nearest has
no preferred sign and the kernel is averaged over all pairs, so little of it remains; how much is
measured. A sample of rows of each block is taken in both precisions, and where the mean difference
of the distance, plus 3 of its standard errors over the blocks, is more than 1e-3 of the standard
error above, everything is taken again in float64 (features far from the origin, say).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import np, torch
from ganbench.core.registry import register
from ganbench.metrics import _inputs

if TYPE_CHECKING:
    from torch import Tensor

    from ganbench.core.kinds import Array

BLOCKS = 10
TILE = 1024  # rows and columns of the Gram matrix at a time
FLOAT32_FROM = 1 << 33  # multiplications in a Gram matrix from which float32 is tried
ROUNDING = 1e-3  # error that float32 may bring, of the standard error
SAMPLE = 256  # rows of each block on which float32 is checked
ORDER_SEED = 0


class KernelDistance(NamedTuple):
    """The distance, which may lie below 0, and its standard error."""

    value: float
    standard_error: float


def _precision(x: Tensor, y: Tensor) -> torch.dtype:
    """Return the type in which the kernel between ``x`` and ``y`` is tried first."""
    many = len(x) * len(y) * x.shape[1] >= FLOAT32_FROM and not x.is_cuda
    fits = many and all(float(torch.linalg.vector_norm(a, torch.inf)) < 1e15 for a in (x, y))
    return torch.float32 if fits else torch.float64


def _blocks(x: Tensor, dtype: torch.dtype, rows: int | None = None) -> list[Tensor]:
    """Return ``BLOCKS`` disjoint blocks of the rows, scaled so that x.y / D is a plain product.

    Only the first ``rows`` of each block, if given.
    """
    order = torch.from_numpy(np.random.default_rng(ORDER_SEED).permutation(len(x))).to(x.device)
    parts = (x[part[:rows]] for part in order.tensor_split(BLOCKS))
    return [part.div_(x.shape[1] ** 0.5).to(dtype) for part in parts]


def _total(x: Tensor, y: Tensor) -> float:
    """Return the sum of the kernel over all pairs of rows."""
    return sum(_cubes(rows, columns) for rows in x.split(TILE) for columns in y.split(TILE))


def _cubes(x: Tensor, y: Tensor) -> float:
    """Return ``_total(x, y)`` in one piece."""
    if x.is_cuda:
        gram = (x @ y.T).add_(1).flatten()
        return float(gram.square() @ gram)
    product = (x.numpy() @ y.numpy().T).ravel()  # numpy halves the work where x is y
    product += 1
    return float(np.einsum("i,i,i", product, product, product, dtype=np.float64))


def _others(x: Tensor) -> float:
    """Return the sum of the kernel over pairs of different rows."""
    parts = x.split(TILE)
    total = -float((x.double().square().sum(1) + 1).pow(3).sum())
    for i, part in enumerate(parts):
        total += _cubes(part, part)
        total += 2 * sum(_cubes(part, later) for later in parts[i + 1 :])
    return total


def _within(blocks: list[Tensor]) -> tuple[float, Array]:
    """Return the mean kernel over pairs of different rows: of all, and in each block ``[B]``."""
    own = np.array([_others(block) for block in blocks])
    between = sum(2 * _total(a, b) for i, a in enumerate(blocks) for b in blocks[i + 1 :])
    counts = np.array([len(block) for block in blocks])
    n = counts.sum()
    of_blocks = _mean(own, counts * (counts - 1))  # blocks of one sample have no pairs
    return float((own.sum() + between) / (n * (n - 1))), of_blocks


def _between(x: list[Tensor], y: list[Tensor]) -> tuple[float, Array]:
    """Return the mean kernel over pairs from both sides: of all, and in each pair of blocks."""
    sums = np.array([[_total(a, b) for b in y] for a in x])
    counts = np.outer([len(a) for a in x], [len(b) for b in y])
    return float(sums.sum() / counts.sum()), _mean(np.diag(sums), np.diag(counts))


def _mean(sums: Array, counts: Array) -> Array:
    """Return means from their sums; NaN where nothing was counted."""
    return np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)


def _each(x: list[Tensor], y: list[Tensor]) -> Array:
    """Return the distance of each pair of blocks alone, ``[B]``."""
    own = [
        _others(a) / (len(a) * (len(a) - 1)) + _others(b) / (len(b) * (len(b) - 1))
        for a, b in zip(x, y, strict=True)
    ]
    cross = [_total(a, b) / (len(a) * len(b)) for a, b in zip(x, y, strict=True)]
    return np.array(own) - 2 * np.array(cross)


def _rounding(x: Tensor, y: Tensor) -> float:
    """Return the error of the distance in float32, as estimated from a sample of each block."""
    single, double = (
        _each(_blocks(x, dtype, SAMPLE), _blocks(y, dtype, SAMPLE))
        for dtype in (torch.float32, torch.float64)
    )
    off = single - double
    return float(abs(off.mean()) + 3 * off.std(ddof=1) / BLOCKS**0.5)


def kernel_distance(real: Any, fake: Any) -> KernelDistance:
    """Return ``(value, standard_error)`` for ``real [N, D]`` and ``fake [M, D]``.

    The error is NaN for fewer than 20 samples on a side: each of 10 blocks needs two.

    Exact over all pairs, with O(block^2) memory beside the data. Unbiased, so it may be below 0.
    The kernel is a polynomial about the origin: moving both sides changes the value.

    Raises:
        ValueError: fewer than 2 samples, different D, values that are not finite.

    References:
        Bińkowski et al. 2018, arXiv:1801.01401.
    """
    x, y = _inputs.pair(real, fake)
    return _assembled(_within(_blocks(x, _precision(x, x))), x, y)


def _assembled(of_real: tuple[float, Array], x: Tensor, y: Tensor) -> KernelDistance:
    """Return the distance from the kernel's means within the real side."""
    of_fake = _within(_blocks(y, _precision(y, y)))
    cross = _between(*(_blocks(side, _precision(x, y)) for side in (x, y)))
    distance = _distance(of_real, of_fake, cross)
    used = {_precision(*sides) for sides in ((x, x), (y, y), (x, y))}
    if torch.float32 in used and not _rounding(x, y) <= ROUNDING * distance.standard_error:
        real, fake = (_blocks(side, torch.float64) for side in (x, y))
        distance = _distance(_within(real), _within(fake), _between(real, fake))
    return distance


def _distance(*means: tuple[float, Array]) -> KernelDistance:
    """Return the distance from the kernel's means within both sides and between them."""
    (real, real_blocks), (fake, fake_blocks), (cross, cross_blocks) = means
    each = real_blocks + fake_blocks - 2 * cross_blocks
    return KernelDistance(real + fake - 2 * cross, float(each.std(ddof=1) / BLOCKS**0.5))


def prepare(real: Any) -> dict[str, Array]:
    """Return the real points ``[N, D]`` and the kernel's means within them."""
    x = _inputs.samples(real, "real")
    of_all, of_blocks = _within(_blocks(x, _precision(x, x)))
    return {"real": x.cpu().numpy(), "of_all": np.array(of_all), "of_blocks": of_blocks}


def compute(prepared: dict[str, Array], fake: Any) -> dict[str, float]:
    """Return ``kd`` from a prepared real side."""
    x, y = _inputs.pair(prepared["real"], fake)
    of_real = float(prepared["of_all"]), prepared["of_blocks"]
    return {"kd": _assembled(of_real, x, y).value}


register(
    Metric(
        name="kernel-distance",
        quantities=(
            Quantity(
                "kd",
                "squared discrepancy",
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
        version=2,
        max_samples=10_000,
        paper=Paper("Demystifying MMD GANs", "Bińkowski et al.", 2018, arxiv="1801.01401"),
    )
)
