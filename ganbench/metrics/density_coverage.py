"""Density and coverage. Naeem et al. 2020, arXiv:2002.09797, eq. 3 and 4.

Density is how many real balls hold a generated point on average, over k; coverage is the share of
real balls that hold at least one generated point. Balls reach to the k-th nearest real neighbour
and are open.

Coverage depends on the counts: with N real and M generated points that of a perfect generator is
about 1 - (N / (N + M))^k. The paper takes N = M, and runs and ``score`` cut both sides to the
smaller count; the function takes what it is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import torch
from ganbench.core.registry import register
from ganbench.metrics import _inputs, _neighbours
from ganbench.metrics.precision_recall import prepare, restore

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

K = 5


def density_coverage(real: Any, fake: Any, k: int = K) -> dict[str, float]:
    """Return ``{"density": ..., "coverage": ...}`` of ``real [N, D]`` and ``fake [M, D]``.

    Density is 0 or more, about 1 for a perfect generator; coverage is 0 to 1.

    Raises:
        ValueError: k not below N, different D, values that are not finite.

    References:
        Naeem et al. 2020, arXiv:2002.09797, eq. 3-4.
    """
    return compute(prepare(real, k), fake, k)


def compute(prepared: dict[str, Array], fake: Any, k: int = K) -> dict[str, float]:
    """Return both from a prepared real side."""
    x, radii, y = restore(prepared, fake)
    _inputs.count(k, "k", 1)
    covered = torch.zeros(len(x), dtype=torch.bool, device=x.device)
    hits = 0
    pairs = _neighbours.Pairs(y, x)
    for part in _neighbours.pieces(len(y), len(x)):
        for squared, share in pairs.attempts(part):
            row, column, sure = _neighbours.held(squared, share, radii / pairs.unit, pairs.y2)
            if len(row) - int(sure.sum()) <= squared.numel() // _neighbours.CROWDED:
                break
        near, edge = row[~sure], column[~sure]
        true = _neighbours.between(y[part], x, near, edge) < radii[edge]
        hits += int(sure.sum()) + int(true.sum())
        covered[column[sure]] = True
        covered[edge[true]] = True
    return {"density": hits / (k * len(y)), "coverage": float(covered.double().mean())}


register(
    Metric(
        name="density-coverage",
        quantities=(
            Quantity(
                "density",
                "ratio",
                higher_is_better=True,
                closest_to_floor=True,
                controls=("blur", "noise"),
                blind=("drop", "copy", "duplicate"),
                headline=False,
            ),
            Quantity(
                "coverage",
                "share",
                higher_is_better=True,
                controls=("drop", "duplicate", "noise"),
                blind=("copy",),
            ),
        ),
        needs=needs.FEATURES,
        group="quality",
        prepare=prepare,
        compute=compute,
        params={"k": K},
        equal_counts=True,
        version=2,
        paper=Paper(
            "Reliable Fidelity and Diversity Metrics for Generative Models",
            "Naeem et al.",
            2020,
            arxiv="2002.09797",
        ),
    )
)
