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
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ganbench.lazy import np, torch
from ganbench.metrics import _inputs
from ganbench.registry import register
from ganbench.spec import Metric, Paper, Quantity

if TYPE_CHECKING:
    from torch import Tensor

    from ganbench.spec import Array

BLOCKS = 10
TILE = 1024  # rows and columns of the Gram matrix at a time
ORDER_SEED = 0


class KernelDistance(NamedTuple):
    """The distance, which may lie below 0, and its standard error."""

    value: float
    standard_error: float


def _blocks(x: Tensor) -> list[Tensor]:
    """Return ``BLOCKS`` disjoint blocks of the rows, scaled so that x.y / D is a plain product."""
    order = torch.from_numpy(np.random.default_rng(ORDER_SEED).permutation(len(x))).to(x.device)
    scaled = x[order] / x.shape[1] ** 0.5
    return list(scaled.tensor_split(BLOCKS))


def _total(x: Tensor, y: Tensor) -> float:
    """Return the sum of the kernel over all pairs of rows."""
    one = torch.ones((), dtype=x.dtype, device=x.device)
    total = 0.0
    for rows in x.split(TILE):
        for columns in y.split(TILE):
            gram = torch.addmm(one, rows, columns.T).reshape(-1)
            total += float(gram.square() @ gram)
    return total


def _within(blocks: list[Tensor]) -> tuple[float, Array]:
    """Return the mean kernel over pairs of different rows: of all, and in each block ``[B]``."""
    between = 0.0
    own = np.empty(len(blocks))
    for i, block in enumerate(blocks):
        diagonal = float((block.square().sum(1) + 1).pow(3).sum())
        own[i] = _triangle(block) - diagonal
        for later in blocks[i + 1 :]:
            between += 2 * _total(block, later)
    counts = np.array([len(block) for block in blocks])
    n = counts.sum()
    return float((own.sum() + between) / (n * (n - 1))), own / (counts * (counts - 1))


def _triangle(x: Tensor) -> float:
    """Return ``_total(x, x)`` for half the work."""
    parts = x.split(TILE)
    total = 0.0
    for i, part in enumerate(parts):
        total += _total(part, part)
        total += 2 * sum(_total(part, later) for later in parts[i + 1 :])
    return total


def _between(x: list[Tensor], y: list[Tensor]) -> tuple[float, Array]:
    """Return the mean kernel over pairs from both sides: of all, and in each pair of blocks."""
    sums = np.array([[_total(a, b) for b in y] for a in x])
    counts = np.outer([len(a) for a in x], [len(b) for b in y])
    return float(sums.sum() / counts.sum()), np.diag(sums / counts)


def kernel_distance(real: Any, fake: Any) -> KernelDistance:
    """Return ``(value, standard_error)`` for ``real [N, D]`` and ``fake [M, D]``.

    Exact over all pairs, with O(block^2) memory beside the data. Unbiased, so it may be below 0.
    The kernel is a polynomial about the origin: moving both sides changes the value.

    Raises:
        ValueError: fewer than 20 samples (2 in each of 10 blocks), different D, values that are not
            finite.

    References:
        Bińkowski et al. 2018, arXiv:1801.01401.
    """
    x, y = _inputs.pair(real, fake, 2 * BLOCKS)
    return _assembled(*_within(_blocks(x)), x, y)


def _assembled(of_all: float, of_blocks: Array, x: Tensor, y: Tensor) -> KernelDistance:
    """Return the distance from the kernel's means within the real side."""
    real, fake = _blocks(x), _blocks(y)
    other, other_blocks = _within(fake)
    cross, cross_blocks = _between(real, fake)
    each = of_blocks + other_blocks - 2 * cross_blocks
    error = each.std(ddof=1) / BLOCKS**0.5
    return KernelDistance(of_all + other - 2 * cross, float(error))


def prepare(real: Any) -> dict[str, Array]:
    """Return the real points ``[N, D]`` and the kernel's means within them."""
    x = _inputs.samples(real, "real", 2 * BLOCKS)
    of_all, of_blocks = _within(_blocks(x))
    return {"real": x.cpu().numpy(), "of_all": np.array(of_all), "of_blocks": of_blocks}


def compute(prepared: dict[str, Array], fake: Any) -> dict[str, float]:
    """Return ``kd`` from a prepared real side."""
    x, y = _inputs.pair(prepared["real"], fake, 2 * BLOCKS)
    found = _assembled(float(prepared["of_all"]), prepared["of_blocks"], x, y)
    return {"kd": found.value}


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
            ),
        ),
        needs="features",
        group="quality",
        prepare=prepare,
        compute=compute,
        max_samples=10_000,
        paper=Paper("Demystifying MMD GANs", "Bińkowski et al.", 2018, arxiv="1801.01401"),
    )
)
