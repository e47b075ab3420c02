"""The arguments of ``ganbench.score``: what is clear is taken, all else refused in one line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from ganbench.core.errors import UsageError
from ganbench.core.limits import MOST_PIXELS
from ganbench.core.printable import shown
from ganbench.core.ranges import Range, whole
from ganbench.data._reading import RANGES, Reading, parse_size

OWN_FILE = "a name, or FILE.py:function, needed"


def whole_number(what: str, value: Any, allowed: Range) -> int:
    """Return ``value`` as an int: a whole number of any type, in the range.

    Raises:
        UsageError: it is none.
    """
    plain: Any = value.item() if isinstance(value, np.generic) else value
    number = isinstance(plain, int | float) and not isinstance(plain, bool)
    if not number or plain % 1 != 0:
        raise UsageError(f"{what} is {shown(repr(plain))}: a whole number needed")
    allowed.check(what, plain)
    return int(plain)


def reading_of(**asked: Any) -> Reading:
    """Return how pictures are read; what is None is not said.

    Args:
        resize: ``(height, width)``, a side of squares, or ``HxW``.
        value_range: ``0..1``, ``-1..1`` or both ends. background: a name, ``#rrggbb`` or numbers.

    Raises:
        UsageError: an unknown word, a value that says nothing, or a resizer without a size.
    """
    known = [field.name for field in fields(Reading)]
    for name in asked.keys() - known:
        raise UsageError(f"unknown keyword '{shown(name)}': known: {', '.join(known)}")
    said = {name: value for name, value in asked.items() if value is not None}
    if "resizer" in said and "resize" not in said:
        raise UsageError("--resizer is for --resize: give both")
    for name, take in {"resize": _size, "value_range": _range, "background": _colour}.items():
        if name in said:
            said[name] = take(said[name])
    if not isinstance(said.get("resizer", ""), str):
        raise UsageError(f"--resizer is {shown(repr(said['resizer']))}: a name needed")
    return Reading(**said)


def words_of(reading: Reading) -> dict[str, str]:
    """Return how pictures are read in the words of options, which ``parse_reading`` takes."""
    words = asdict(reading)
    height_and_width = words.pop("resize")
    return words | ({"resize": "{}x{}".format(*height_and_width)} if height_and_width else {})


def features_of(asked: Any, default: str) -> str:
    """Return the features as they are named; None: the default.

    Raises:
        UsageError: no name, such as a function.
    """
    if asked is None:
        return default
    if not isinstance(asked, str):
        raise UsageError(f"features is {type(asked).__name__}: {OWN_FILE}")
    return asked


def metrics_of(asked: Any) -> list[str] | str:
    """Return the names of metrics; None: all.

    Raises:
        UsageError: no names.
    """
    if asked is None or isinstance(asked, str):
        return asked or ("all" if asked is None else "")
    if not isinstance(asked, Iterable):
        raise UsageError(f"metrics is {type(asked).__name__}: names needed")
    names = list(asked)
    for name in names:
        if not isinstance(name, str):
            raise UsageError(f"metrics holds {shown(repr(name))}: names needed")
    return names


def _size(given: Any) -> tuple[int, int] | None:
    if isinstance(given, str):
        return parse_size(given)
    sides = _numbers(given) or [given, given]
    if len(sides) != 2:
        raise UsageError(f"--resize is {shown(repr(given))}: HxW needed, such as 28x28")
    height, width = (whole_number("--resize", side, whole(1, MOST_PIXELS)) for side in sides)
    return height, width


def _range(given: Any) -> str:
    if isinstance(given, str):
        return given
    ends = _numbers(given)
    word = next((word for word, known in RANGES.items() if ends == list(known)), None)
    if word is None:
        raise UsageError(f"--range is {shown(repr(given))}: {' or '.join(RANGES)} needed")
    return word


def _colour(given: Any) -> str:
    if isinstance(given, str):
        return given
    parts = _numbers(given) or []
    if len(parts) != 3:
        raise UsageError(f"--background is {shown(repr(given))}: a name or #rrggbb needed")
    return "#" + "".join(f"{whole_number('--background', p, whole(0, 255)):02x}" for p in parts)


def _numbers(given: Any) -> list[Any] | None:
    """Return what a tuple, a list or an array holds; None for anything else."""
    return list(given) if isinstance(given, tuple | list | np.ndarray) and np.ndim(given) else None
