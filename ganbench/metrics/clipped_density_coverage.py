"""Clipped density and coverage. Salvy et al. 2026 (ICLR), arXiv:2507.01761.

The ball of a real point reaches to its k-th nearest other real point, R_i; balls are closed. For
density its radius is clipped to the median of all R_i, so that real outliers have no huge balls,
and a point counts in k balls at most, so that a crowd in the middle makes up for nothing:

    S(y) = min(1, 1/k sum_i [|y - x_i| <= min(R_i, median R)])
    clipped density  = min(1, mean_j S(y_j) / mean_i S(x_i)),   S(x_i) without the ball of x_i

Coverage takes the whole balls, and up to k generated points of each:

    raw              = mean_i min(1, 1/k sum_j [|y_j - x_i| <= R_i])
    f(m)             = E min(k, J) / k,    J ~ BetaBinomial(m; k, N - k)
    clipped coverage = #{m in 0..M: f(m) < raw} / (M + 1)

f(m) is what m samples of the true distribution reach, whatever that is: the score is the share of
the generated points that would do as well if they were perfect and the rest were lost. Both scores
are 0 to 1, 1 for a perfect generator, and fall in line with the share of bad samples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import np, torch
from ganbench.core.registry import register
from ganbench.metrics import _inputs, _neighbours
from ganbench.metrics.precision_recall import restore

if TYPE_CHECKING:
    from torch import Tensor

    from ganbench.core.kinds import Array

K = 5
ROUNDING = 1e-9  # of f(m), which is far from its steps
SPARE = 8  # times k pairs a point, from which those that cannot count are let go


def clipped_density_coverage(real: Any, fake: Any, k: int = K) -> dict[str, float]:
    """Return ``{"clipped_density": ..., "clipped_coverage": ...}``, both 0 to 1.

    Args:
        real: ``[N, D]``. fake: ``[M, D]``; the counts may differ.
        k: the neighbour to which the balls of real points reach.

    Raises:
        ValueError: k not below N, different D, values that are not finite.

    References:
        Salvy et al. 2026, arXiv:2507.01761.
    """
    return compute(prepare(real, k), fake, k)


def _nearest_owners(column: Tensor, squared: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return the k nearest of the pairs of each column."""
    order = squared.argsort()
    order = order[column[order].argsort(stable=True)]
    sizes = torch.bincount(column)
    starts = (sizes.cumsum(0) - sizes)[column[order]]
    order = order[torch.arange(len(order), device=order.device) - starts < k]
    return column[order], squared[order]


def _squared_median(squared: Tensor) -> float:
    """Return the square of the median root, of two in the middle their mean."""
    ordered = squared.sort().values
    low, high = float(ordered[(len(ordered) - 1) // 2]), float(ordered[len(ordered) // 2])
    return low if low == high else ((low**0.5 + high**0.5) / 2) ** 2


def prepare(real: Any, k: int = K) -> dict[str, Array]:
    """Return real points ``[N, D]``, squared radii ``[N]``, whole and clipped, and mean S(x_i).

    One pass finds both the balls and who is in them. A pair counts if its distance is at most the
    radius and at most the median, and k pairs a point are enough, so the nearest are kept.
    """
    x = _inputs.samples(real, "real")
    _inputs.count(k, "k", 1, len(x) - 1)
    radii = x.new_zeros(len(x))
    column = torch.zeros(0, dtype=torch.int64, device=x.device)
    squared = x.new_zeros(0)
    for part, row, inside, distance, radii_part in _neighbours.balls(x, k):
        radii[part] = radii_part
        kept = distance <= radii_part[row]
        column = torch.cat([column, inside[kept]])
        squared = torch.cat([squared, distance[kept]])
        if len(column) > SPARE * k * len(x):
            column, squared = _nearest_owners(column, squared, k)
    median = _squared_median(radii)
    held = torch.bincount(column[squared <= median], minlength=len(x)).clamp(max=k)
    held[radii == 0] = k  # k copies of it have it in their balls
    return {
        "real": x.cpu().numpy(),
        "radii": radii.cpu().numpy(),
        "clipped": radii.clamp(max=median).cpu().numpy(),
        "own": np.array(float(held.double().mean()) / k),
    }


def expected(m: int, n: int, k: int) -> Array:
    """Return f(0), ..., f(m) of n real points, ``[m + 1]``."""
    from scipy.special import betaln, gammaln

    drawn, found = np.arange(m + 1.0)[:, None], np.arange(float(k))
    possible = drawn >= found
    rest = np.where(possible, drawn - found, 0)
    ways = gammaln(drawn + 1) - gammaln(found + 1) - gammaln(rest + 1)
    chance = np.exp(ways + betaln(found + k, rest + n - k) - betaln(k, n - k)) * possible
    return 1 - chance @ (1 - found / k)


def uncalibrated(prepared: dict[str, Array], fake: Any, k: int = K) -> tuple[float, float]:
    """Return clipped density before it is clipped at 1, and raw coverage."""
    x, radii, y = restore(prepared, fake)
    _inputs.count(k, "k", 1)
    clipped = torch.from_numpy(prepared["clipped"]).to(y)
    of_fake, of_real = (
        torch.zeros(len(side), dtype=torch.int64, device=y.device) for side in (y, x)
    )
    pairs = _neighbours.Pairs(y, x)
    for part in _neighbours.pieces(len(y), len(x)):
        for squared, share in pairs.attempts(part):
            row, column, sure = _neighbours.held(squared, share, radii / pairs.unit, pairs.y2)
            # of pairs in whole balls: which are in the clipped one, and which may be
            small = clipped[column] / pairs.unit
            off = share * (8 * pairs.y2[column] + 4 * small)
            rounded = squared[row, column].double()
            dense = rounded < small - off
            unsure = ~sure | (~dense & (rounded <= small + off))
            if int(unsure.sum()) <= squared.numel() // _neighbours.CROWDED:
                break
        near, edge = row[unsure], column[unsure]
        true = _neighbours.between(y[part], x, near, edge)
        sure[unsure], dense[unsure] = true <= radii[edge], true <= clipped[edge]
        of_fake[part] = torch.bincount(row[dense], minlength=len(of_fake[part]))
        of_real += torch.bincount(column[sure], minlength=len(x))
    density, coverage = (float(a.clamp(max=k).double().mean()) / k for a in (of_fake, of_real))
    return density / float(prepared["own"]), coverage


def compute(prepared: dict[str, Array], fake: Any, k: int = K) -> dict[str, float]:
    """Return both from a prepared real side."""
    density, coverage = uncalibrated(prepared, fake, k)
    m = len(fake)
    wanted = expected(m, len(prepared["real"]), k)
    below = int(np.searchsorted(wanted, coverage - ROUNDING))  # an equal one is not below
    return {"clipped_density": min(1.0, density), "clipped_coverage": below / (m + 1)}


register(
    Metric(
        name="clipped-density-coverage",
        quantities=(
            Quantity(
                "clipped_density",
                "ratio",
                higher_is_better=True,
                controls=("blur", "noise"),
                blind=("drop", "copy"),
                label="clipped density",
                headline=False,
            ),
            Quantity(
                "clipped_coverage",
                "share",
                higher_is_better=True,
                controls=("drop", "duplicate", "noise"),
                blind=("copy",),
                label="clipped coverage",
                headline=False,
            ),
        ),
        needs=needs.FEATURES,
        group="quality",
        prepare=prepare,
        compute=compute,
        params={"k": K},
        paper=Paper(
            "Enhanced Generative Model Evaluation with Clipped Density and Coverage",
            "Salvy et al.",
            2026,
            arxiv="2507.01761",
        ),
    )
)
