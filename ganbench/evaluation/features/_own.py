"""What features from a file of the user's share: the file, and checks of what comes out of it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Extracted
from ganbench.core.lazy import np
from ganbench.core.whole_files import file_bytes
from ganbench.evaluation.foreign import foreign

if TYPE_CHECKING:
    from ganbench.core.kinds import Array


def read(kind: str, written: str) -> tuple[str, bytes, str]:
    """Return the absolute path, the content and the SHA-256 of the file ``written``.

    Raises:
        UsageError: no file is named, or it cannot be read.
    """
    if not written:
        raise UsageError(f"features {kind!r} need a file")
    path = os.path.abspath(os.path.expanduser(written))
    try:
        raw = file_bytes(path)
    except OSError as error:
        raise UsageError(f"cannot read {path} for features {kind!r}: {error.strerror}") from None
    return path, raw, hashlib.sha256(raw).hexdigest()


def checked(key: str, function: Callable[[Array], Any]) -> Callable[[Array], Extracted]:
    """Return ``function``, uint8 images ``[N, C, H, W]`` -> ``[N, D]``, as an extractor's.

    Features are float32 where they are given so, else float64. What the function raises, and
    output that is no finite ``[N, D]`` with one D in all batches, is a ``UsageError``.
    """
    widths: list[int] = []

    def extract(samples: Array) -> Extracted:
        if samples.dtype != np.uint8 or samples.ndim != 4:
            raise UsageError(
                f"features {key!r} need uint8 images, got {samples.dtype} "
                f"of shape {samples.shape[1:]}"
            )
        with foreign(f"features {key!r} failed"):
            features = np.asarray(function(samples))
        _check(key, features, len(samples), widths)
        return Extracted(features if features.dtype == np.float32 else features.astype(np.float64))

    return extract


def _check(key: str, features: Array, n: int, widths: list[int]) -> None:
    if features.ndim != 2 or len(features) != n or not features.shape[1]:
        raise UsageError(
            f"features {key!r} returned shape {features.shape} for {n} images: ({n}, D) needed"
        )
    if features.dtype.kind not in "fiu":
        raise UsageError(f"features {key!r} returned {features.dtype}: real numbers needed")
    bad = int((~np.isfinite(features)).sum())
    if bad:
        raise UsageError(f"features {key!r} returned {bad} values that are NaN or infinite")
    widths.append(features.shape[1])
    if features.shape[1] != widths[0]:
        raise UsageError(
            f"features {key!r} returned {widths[0]} numbers an image, then {features.shape[1]}"
        )
