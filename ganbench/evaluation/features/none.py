"""No features: samples as they are, flattened. For points in the plane and other vectors."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Extracted, Extractor, Features, Suits
from ganbench.core.lazy import np
from ganbench.core.registry import register

if TYPE_CHECKING:
    from ganbench.core.kinds import Array


def flat(samples: Array) -> Extracted:
    """Return samples ``[N, ...]`` as vectors ``[N, D]``, of their own type if it is floating."""
    vectors = samples.reshape(len(samples), -1)
    return Extracted(vectors if vectors.dtype.kind == "f" else vectors.astype(np.float64))


def load(argument: str) -> Extractor:
    """Return the identity."""
    if argument:
        raise UsageError(f"features 'none' take no argument, got {argument!r}")
    return Extractor("none", "", flat, batch=sys.maxsize)


def suits(samples: Array) -> Suits | None:
    """Return that vectors are measured as they are."""
    return Suits("none", 0, "vectors as they are") if samples.ndim == 2 else None


register(Features("none", load, "samples as they are, flattened", suits=suits))
