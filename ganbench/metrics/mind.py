"""Monge Inception distance. Berthet et al. 2026, arXiv:2605.06797.

    MIND = 3 D SW2^2,   D the number of features

SW2 is the sliced Wasserstein-2 distance (``sliced_wasserstein.py``). Along a random direction a
squared distance is 1/D of itself on average, so D SW2^2 has the size of the Fréchet distance; the
3 is the paper's. It needs fewer samples than that, and is not blind to what keeps mean and
covariance. On Inception's features it is the paper's MIND; here it is taken on any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.registry import register
from ganbench.metrics.sliced_wasserstein import PROJECTIONS, SEED, prepare, sliced_wasserstein

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

FACTOR = 3.0


def mind(real: Any, fake: Any, projections: int = PROJECTIONS, seed: int = SEED) -> float:
    """Return MIND of ``real [N, D]`` and ``fake [M, D]``, in squared units of the data.

    Raises:
        ValueError: no samples, different D, fewer than 1 projection, values that are not finite.

    References:
        Berthet et al. 2026, arXiv:2605.06797.
    """
    sliced = sliced_wasserstein(real, fake, projections, seed)
    features = len(real[0])
    return FACTOR * features * sliced**2


def compute(prepared: dict[str, Array], fake: Any, projections: int, seed: int) -> dict[str, float]:
    """Return ``mind``."""
    return {"mind": mind(prepared["real"], fake, projections, seed)}


register(
    Metric(
        name="mind",
        quantities=(
            Quantity(
                "mind",
                "squared feature distance",
                higher_is_better=False,
                controls=("drop", "blur", "noise"),
                blind=("copy",),
                label="MIND",
                headline=False,
            ),
        ),
        needs=needs.FEATURES,
        group="transport",
        prepare=prepare,
        compute=compute,
        params={"projections": PROJECTIONS, "seed": SEED},
        max_samples=2_500,
        paper=Paper(
            "MIND: Monge Inception Distance for Generative Models Evaluation",
            "Berthet et al.",
            2026,
            arxiv="2605.06797",
        ),
    )
)
