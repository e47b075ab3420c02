"""Improved precision and recall. Kynkäänniemi et al. 2019, arXiv:1904.06991, section 3.

Each set is described by the balls around its points that reach to their k-th nearest neighbour.
Precision is the share of generated points inside the real balls, recall the share of real points
inside the generated balls; a point at exactly the radius is inside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganbench.lazy import torch
from ganbench.metrics import _inputs, _neighbours
from ganbench.registry import register
from ganbench.spec import Metric, Paper, Quantity

if TYPE_CHECKING:
    from torch import Tensor

    from ganbench.spec import Array


def _share(points: Tensor, centers: Tensor, squared_radii: Tensor) -> float:
    balls = _neighbours.inside(points, centers, squared_radii, strict=False)
    return sum(int(within.any(1).sum()) for _, within in balls) / len(points)


def precision_recall(real: Any, fake: Any, k: int = 3) -> dict[str, float]:
    """Return ``{"precision": ..., "recall": ...}`` of ``real [N, D]`` and ``fake [M, D]``, 0 to 1.

    Raises:
        ValueError: k not below both N and M, different D, values that are not finite.

    References:
        Kynkäänniemi et al. 2019, arXiv:1904.06991, eq. 1-2.
    """
    return compute(prepare(real, k), fake, k)


def prepare(real: Any, k: int = 3) -> dict[str, Array]:
    """Return the real points ``[N, D]`` and their squared radii ``[N]``."""
    x = _inputs.samples(real, "real")
    _inputs.count(k, "k", 1, len(x) - 1)
    return {"real": x.cpu().numpy(), "radii": _neighbours.radii(x, k).cpu().numpy()}


def restore(prepared: dict[str, Array], fake: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Return real points, their squared radii and fake points, on one device."""
    y = _inputs.samples(fake, "fake")
    x, radii = (torch.from_numpy(prepared[k]).to(y) for k in ("real", "radii"))
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"real has {x.shape[1]} features and fake {y.shape[1]}: not comparable")
    return x, radii, y


def compute(prepared: dict[str, Array], fake: Any, k: int = 3) -> dict[str, float]:
    """Return both shares from a prepared real side."""
    x, radii, y = restore(prepared, fake)
    _inputs.count(k, "k", 1, len(y) - 1)
    return {
        "precision": _share(y, x, radii),
        "recall": _share(x, y, _neighbours.radii(y, k)),
    }


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
            ),
            Quantity(
                "recall",
                "share",
                higher_is_better=True,
                controls=("drop", "duplicate"),
                blind=("copy",),
            ),
        ),
        needs="features",
        group="quality",
        prepare=prepare,
        compute=compute,
        params={"k": 3},
        paper=Paper(
            "Improved Precision and Recall Metric for Assessing Generative Models",
            "Kynkäänniemi et al.",
            2019,
            arxiv="1904.06991",
        ),
    )
)
