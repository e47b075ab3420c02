"""Authenticity: how many generated samples are not copies. Alaa et al. 2022, arXiv:2102.08921.

A generated sample y with nearest training point x is authentic if it is
farther from x than x is from its own nearest other training point,

    A(y) = [ |y - x| > min over x' != x of |x - x'| ],   x = the training point nearest to y

and the metric is the share of authentic samples. A copy, or a sample that hugs a training point
closer than its real neighbours do, is not authentic. An equal distance is not farther; of several
nearest training points, the one whose neighbour is farthest decides, so that the order of the
training set is irrelevant.

A perfect generator does not score 1: a fresh sample is authentic unless it and x would be each
other's nearest neighbours. Where the density hardly changes from neighbour to neighbour that leaves
1/3 on a line, 0.38 in the plane and 11/27 in space; in many dimensions hubs raise it (0.89 among
20,000 samples of a 128-dimensional normal). So read it against the value of real held-out samples,
and beside precision: far from all data everything is authentic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import torch
from ganbench.core.registry import register
from ganbench.metrics import _inputs, _neighbours
from ganbench.metrics._nearest import nearest

if TYPE_CHECKING:
    from ganbench.core.kinds import Array


def authenticity(train: Any, fake: Any) -> float:
    """Return the share (0 to 1) of ``fake [M, D]`` that are no copies of ``train [N, D]``.

    Raises:
        ValueError: fewer than 2 training points, no fakes, different D, values not finite.

    References:
        Alaa et al. 2022, arXiv:2102.08921.
    """
    return compute(prepare(train), fake)["authenticity"]


def prepare(train: Any) -> dict[str, Array]:
    """Return the training points ``[N, D]`` by falling squared radius, and the radii ``[N]``."""
    x = _inputs.samples(train, "train")
    radii, order = _neighbours.radii(x, 1).sort(descending=True, stable=True)
    return {"train": x[order].cpu().numpy(), "radii": radii.cpu().numpy()}


def compute(prepared: dict[str, Array], fake: Any) -> dict[str, float]:
    """Return the share from a prepared training set."""
    y = _inputs.samples(fake, "fake", 1)
    x, radii = (torch.from_numpy(prepared[key]).to(y) for key in ("train", "radii"))
    _inputs.same_width(x.shape[1], y.shape[1], "train")
    squared, index = nearest(y, x)  # the lowest index is the largest radius
    return {"authenticity": int((squared > radii[index]).sum()) / len(y)}


register(
    Metric(
        name="authenticity",
        quantities=(
            Quantity(
                "authenticity",
                "share",
                higher_is_better=True,
                closest_to_floor=True,
                controls=("copy",),
                headline=False,
            ),
        ),
        needs=needs.TRAIN,
        group="memorisation",
        prepare=prepare,
        compute=compute,
        final_only=True,
        paper=Paper(
            "How Faithful is your Synthetic Data? Sample-level Metrics for Evaluating and Auditing "
            "Generative Models",
            "Alaa et al.",
            2022,
            arxiv="2102.08921",
        ),
    )
)
