"""Modes, high-quality samples and reverse KL on a mixture of known Gaussians.

Srivastava et al. 2017 (VEEGAN, arXiv:1705.07761), section 5.1, and Lin et al. 2018 (PacGAN,
arXiv:1712.04086), section 4.1. A sample is of high quality within 3 standard deviations of its
nearest centre; a mode is covered by at least one such sample. The reverse KL divergence is
KL(generated shares over nearest modes || true weights), in nats.

Of a mode in D dimensions 3 standard deviations hold P(chi(D) <= 3): 98.9 % in the plane, 1.7 % for
D = 20. Such a mixture states a radius of its own.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Metric, Mixture, Paper, Quantity, needs
from ganbench.core.lazy import np, torch
from ganbench.core.registry import register
from ganbench.metrics import _inputs
from ganbench.metrics._frequencies import frequencies, kl

if TYPE_CHECKING:
    from ganbench.core.kinds import Array


def mode_coverage(
    samples: Any, centers: Any, std: float, weights: Any = None, radius: float = 3.0
) -> dict[str, float]:
    """Return ``{"modes": ..., "hq": ..., "reverse_kl": ...}`` of ``samples [N, D]``.

    Args:
        centers: the modes ``[M, D]``.
        std: their common standard deviation per axis.
        weights: their true weights ``[M]``, equal by default.
        radius: of high quality, in standard deviations.

    Raises:
        ValueError: no samples, different D, std or radius not positive, values that are not finite.
    """
    for name, value in (("std", std), ("radius", radius)):
        if not 0 < value < math.inf:
            raise ValueError(f"{name} is {value!r}: a positive number needed")
    x, c = _inputs.samples(samples, "samples", 1), _inputs.samples(centers, "centers", 1)
    if x.shape[1] != c.shape[1]:
        raise ValueError(f"samples have {x.shape[1]} features and centers {c.shape[1]}")
    q = np.full(len(c), 1 / len(c)) if weights is None else np.asarray(weights, float)
    if q.shape != (len(c),) or not (q > 0).all() or abs(q.sum() - 1) > 1e-9:
        raise ValueError(f"weights must be {len(c)} positive numbers that sum to 1")
    distances = torch.cdist(x, c.to(x.device), compute_mode="donot_use_mm_for_euclid_dist")
    nearest, mode = (t.cpu().numpy() for t in distances.min(1))
    good = nearest <= radius * std
    return {
        "modes": float(len(np.unique(mode[good]))),
        "hq": float(good.mean()),
        "reverse_kl": kl(frequencies(mode, len(c)), q),
    }


def prepare(real: Mixture) -> dict[str, Array]:
    """Return the centres ``[M, D]``, the standard deviation and the radius of high quality."""
    return {
        "centers": real.centers,
        "std": np.array(real.std),
        "radius": np.array(real.radius),
    }


def compute(prepared: dict[str, Array], fake: Any) -> dict[str, float]:
    """Return the three quantities of generated points."""
    std, radius = float(prepared["std"]), float(prepared["radius"])
    return mode_coverage(fake, prepared["centers"], std, radius=radius)


register(
    Metric(
        name="mode-coverage",
        quantities=(
            Quantity(
                "modes",
                "modes",
                higher_is_better=True,
                controls=("drop",),
                blind=("copy", "duplicate"),
                label="modes covered",
                role="modes",
            ),
            Quantity(
                "hq",
                "share",
                higher_is_better=True,
                controls=("noise",),
                blind=("drop", "copy", "duplicate"),
                label="share of high quality",
                role="fidelity",
            ),
            Quantity(
                "reverse_kl",
                "nats",
                higher_is_better=False,
                controls=("drop",),
                blind=("copy",),
                label="reverse KL (nats)",
                role="mode_divergence",
            ),
        ),
        needs=needs.MIXTURE,
        group="collapse",
        prepare=prepare,
        compute=compute,
        paper=Paper(
            "VEEGAN: Reducing Mode Collapse in GANs using Implicit Variational Learning",
            "Srivastava et al.",
            2017,
            arxiv="1705.07761",
        ),
    )
)
