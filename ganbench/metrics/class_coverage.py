"""Classes found, and how evenly, among generated images.

Srivastava et al. 2017 (VEEGAN, arXiv:1705.07761), section 5.2: the embedded classifier gives every
generated image a class. ``modes`` counts the classes with at least one image, ``reverse_kl`` is
KL(generated shares || true shares) and ``entropy`` the entropy of the generated shares, in nats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import np
from ganbench.core.registry import register
from ganbench.metrics._frequencies import frequencies, kl

if TYPE_CHECKING:
    from ganbench.core.kinds import Array


def class_coverage(labels: Any, classes: int, weights: Any = None) -> dict[str, float]:
    """Return ``{"modes": ..., "reverse_kl": ..., "entropy": ...}`` of predicted ``labels [N]``.

    Args:
        classes: their number; labels are 0 to classes - 1.
        weights: true shares ``[classes]``, equal by default.

    Raises:
        ValueError: no labels, labels out of range, weights that are not shares.
    """
    predicted = np.asarray(labels.cpu() if hasattr(labels, "cpu") else labels)
    if predicted.ndim != 1 or len(predicted) == 0 or predicted.dtype.kind not in "iu":
        raise ValueError(
            f"labels are {predicted.dtype} of shape {predicted.shape}: integers [N] needed"
        )
    if predicted.min() < 0 or predicted.max() >= classes:
        raise ValueError(
            f"labels run from {predicted.min()} to {predicted.max()}: 0 to {classes - 1}"
        )
    q = np.full(classes, 1 / classes) if weights is None else np.asarray(weights, float)
    if q.shape != (classes,) or not (q > 0).all() or abs(q.sum() - 1) > 1e-9:
        raise ValueError(f"weights must be {classes} positive numbers that sum to 1")
    p = frequencies(predicted, classes)
    return {
        "modes": float((p > 0).sum()),
        "reverse_kl": kl(p, q),
        "entropy": float(-(p[p > 0] * np.log(p[p > 0])).sum()),
    }


def prepare(real: int) -> dict[str, Array]:
    """Return the number of classes."""
    return {"classes": np.array(real)}


def compute(prepared: dict[str, Array], fake: Any) -> dict[str, float]:
    """Return the three quantities of predicted labels."""
    return class_coverage(fake, int(prepared["classes"]))


register(
    Metric(
        name="class-coverage",
        quantities=(
            Quantity(
                "modes",
                "classes",
                higher_is_better=True,
                controls=("drop",),
                blind=("copy", "duplicate"),
                label="modes covered",
                role="modes",
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
            Quantity(
                "entropy",
                "nats",
                higher_is_better=True,
                controls=("drop",),
                blind=("copy",),
                headline=False,
            ),
        ),
        needs=needs.CLASSES,
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
