"""Oscillation of a training: how restless its curve still is at the end.

    mean of |log f(i + 1) - log f(i)|  over the last quarter of the checkpoints

for a curve of Fréchet distances f. 0 is a settled training; 0.1 is a change by about 10 % from
one checkpoint to the next. A steady fall counts as much as a swing. Checkpoints at other spacings
do not compare.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import np
from ganbench.core.registry import register

if TYPE_CHECKING:
    from ganbench.core.kinds import Array


def oscillation(values: Any) -> float:
    """Return the mean absolute step of the logarithm over the last quarter of ``values [N]``.

    The last quarter is the last ceil(N / 4) values; it must hold 2 of them, so N is at least 5.

    Raises:
        ValueError: fewer than 5 values, or values that are not positive and finite.
    """
    curve = np.asarray(values.detach().cpu() if hasattr(values, "detach") else values, float)
    if curve.ndim != 1:
        raise ValueError(f"values has shape {curve.shape}: [N] needed")
    last = math.ceil(len(curve) / 4)
    if last < 2:
        raise ValueError(f"values has {len(curve)} checkpoints: at least 5 needed")
    bad = int((~((curve > 0) & np.isfinite(curve))).sum())
    if bad:
        raise ValueError(f"values holds {bad} values that are not positive and finite")
    return float(np.abs(np.diff(np.log(curve[-last:]))).mean())


def prepare(real: None = None) -> dict[str, Array]:
    """Return nothing: only the curve is read."""
    return {}


def compute(prepared: dict[str, Array], curve: Any) -> dict[str, float]:
    """Return the oscillation of a curve ``[N]``."""
    return {"oscillation": oscillation(curve)}


register(
    Metric(
        name="oscillation",
        quantities=(Quantity("oscillation", "log step", higher_is_better=False, headline=False),),
        needs=needs.CURVE,
        reads="fd",
        group="dynamics",
        prepare=prepare,
        compute=compute,
        final_only=True,
        paper=Paper("ganbench's own", "The ganbench authors", 2026),
    )
)
