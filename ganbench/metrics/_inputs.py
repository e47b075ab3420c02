"""Checks on what metrics are given: a wrong input is an error, never a NaN in silence."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ganbench.core.lazy import np, torch

if TYPE_CHECKING:
    from torch import Tensor


CHUNK_BYTES = 1 << 25  # of rows in float64, where they are taken some at a time


def checked(x: Any, name: str, at_least: int = 2) -> Tensor:
    """Return ``x`` as a tensor ``[N, D]`` on its own device, with no copy if it is floating-point.

    Raises:
        ValueError: not numeric, not two-dimensional, too few rows, or not finite.
    """
    if not torch.is_tensor(x):
        array = np.asarray(x)
        if array.dtype.kind not in "fiub":
            raise ValueError(f"{name} holds {array.dtype}, not real numbers")
        dtype = array.dtype if array.dtype in (np.float16, np.float32) else np.float64
        x = torch.from_numpy(np.require(array, dtype, ["C", "W"]))
    if x.is_complex():
        raise ValueError(f"{name} holds {x.dtype}, not real numbers")
    if x.ndim != 2:
        raise ValueError(f"{name} has shape {tuple(x.shape)}: [N, D] needed")
    if len(x) < at_least:
        raise ValueError(f"{name} has {len(x)} samples: at least {at_least} needed")
    if x.shape[1] == 0:
        raise ValueError(f"{name} has 0 features: at least 1 needed")
    x = x.detach()
    bad = sum(int((~torch.isfinite(rows)).sum()) for rows in doubles(x))
    if bad:
        raise ValueError(f"{name} holds {bad} values that are NaN or infinite")
    return x


def doubles(x: Tensor) -> Iterator[Tensor]:
    """Yield the rows of ``x [N, D]`` in float64, some at a time."""
    for rows in x.split(max(1, CHUNK_BYTES // (8 * x.shape[1]))):
        yield rows.double()


def samples(x: Any, name: str, at_least: int = 2) -> Tensor:
    """Return ``x`` as a float64 tensor ``[N, D]`` on its own device (numpy: on the CPU).

    Raises:
        ValueError: see ``checked``.
    """
    return checked(x, name, at_least).double()


def same_width(one: int, other: int, name: str = "real", other_name: str = "fake") -> None:
    """Raise ``ValueError`` unless both sides have the same number of features."""
    if one != other:
        raise ValueError(f"{name} has {one} features and {other_name} {other}: not comparable")


def pair(real: Any, fake: Any, at_least: int = 2) -> tuple[Tensor, Tensor]:
    """Return both sides checked, with the same number of features and on one device.

    Raises:
        ValueError: see ``samples``; or the numbers of features differ.
    """
    x, y = samples(real, "real", at_least), samples(fake, "fake", at_least)
    same_width(x.shape[1], y.shape[1])
    return x.to(y.device), y


def count(value: Any, name: str, low: int, high: int | None = None) -> int:
    """Return an integer parameter checked against its range.

    Raises:
        ValueError: not an integer, or out of range.
    """
    whole = isinstance(value, numbers.Real) and math.isfinite(value) and float(value).is_integer()
    if isinstance(value, bool) or not whole or value < low:
        raise ValueError(f"{name} is {value!r}: an integer of at least {low} needed")
    if high is not None and value > high:
        raise ValueError(f"{name} is {value}: at most {high} allowed here")
    return int(value)
