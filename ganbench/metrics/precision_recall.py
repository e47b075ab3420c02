"""Improved precision and recall. Kynkäänniemi et al. 2019, arXiv:1904.06991, section 3.

Each set is described by the balls around its points that reach to their k-th nearest neighbour.
Precision is the share of generated points inside the real balls, recall the share of real points
inside the generated balls; a point at exactly the radius is inside.

The fewer points, the larger their balls. The paper takes as many real as generated points, and runs
and ``score`` cut both sides to the smaller count; the function takes what it is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import torch
from ganbench.core.registry import register
from ganbench.metrics import _inputs, _neighbours

if TYPE_CHECKING:
    from torch import Tensor

    from ganbench.core.kinds import Array

K = 3


def _shares(x: Tensor, x_radii: Tensor, y: Tensor, y_radii: Tensor) -> tuple[float, float]:
    """Return the share of ``y`` in any ball of ``x``, and of ``x`` in any ball of ``y``."""
    pairs = _neighbours.Pairs(y, x)
    y_in, x_in = (torch.zeros(len(a), dtype=torch.bool, device=a.device) for a in (y, x))
    for part in _neighbours.pieces(len(y), len(x)):
        y_part = y_in[part]
        for squared, share in pairs.attempts(part):
            row, column, sure = _neighbours.held(squared, share, x_radii / pairs.unit, pairs.y2)
            y_part[row[sure]] = True
            edge = ~sure & ~y_part[row]
            other_row, other_column, sure = _neighbours.held(
                squared, share, y_radii[part, None] / pairs.unit, pairs.x2[part, None]
            )
            x_in[other_column[sure]] = True
            other_edge = ~sure & ~x_in[other_column]
            if int(edge.sum() + other_edge.sum()) <= squared.numel() // _neighbours.CROWDED:
                break
        row, column = row[edge], column[edge]
        inside = _neighbours.between(y[part], x, row, column) <= x_radii[column]
        y_part[row[inside]] = True
        row, column = other_row[other_edge], other_column[other_edge]
        inside = _neighbours.between(y[part], x, row, column) <= y_radii[part][row]
        x_in[column[inside]] = True
    return int(y_in.sum()) / len(y), int(x_in.sum()) / len(x)


def precision_recall(real: Any, fake: Any, k: int = K) -> dict[str, float]:
    """Return ``{"precision": ..., "recall": ...}`` of ``real [N, D]`` and ``fake [M, D]``, 0 to 1.

    Raises:
        ValueError: k not below both N and M, different D, values that are not finite.

    References:
        Kynkäänniemi et al. 2019, arXiv:1904.06991, eq. 1-2.
    """
    return compute(prepare(real, k), fake, k)


def prepare(real: Any, k: int = K) -> dict[str, Array]:
    """Return the real points ``[N, D]`` and their squared radii ``[N]``."""
    x = _inputs.samples(real, "real")
    _inputs.count(k, "k", 1, len(x) - 1)
    return {"real": x.cpu().numpy(), "radii": _neighbours.radii(x, k).cpu().numpy()}


def restore(prepared: dict[str, Array], fake: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Return real points, their squared radii and fake points, on one device."""
    y = _inputs.samples(fake, "fake")
    x, radii = (torch.from_numpy(prepared[k]).to(y) for k in ("real", "radii"))
    _inputs.same_width(x.shape[1], y.shape[1])
    return x, radii, y


def compute(prepared: dict[str, Array], fake: Any, k: int = K) -> dict[str, float]:
    """Return both shares from a prepared real side."""
    x, radii, y = restore(prepared, fake)
    _inputs.count(k, "k", 1, len(y) - 1)
    precision, recall = _shares(x, radii, y, _neighbours.radii(y, k))
    return {"precision": precision, "recall": recall}


register(
    Metric(
        name="precision-recall",
        quantities=(
            Quantity(
                "precision",
                "share",
                higher_is_better=True,
                controls=("blur", "noise"),
                blind=("drop", "copy", "duplicate"),
                role="fidelity",
            ),
            Quantity(
                "recall",
                "share",
                higher_is_better=True,
                controls=("drop", "duplicate"),
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
            "Improved Precision and Recall Metric for Assessing Generative Models",
            "Kynkäänniemi et al.",
            2019,
            arxiv="1904.06991",
        ),
    )
)
