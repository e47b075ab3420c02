"""Times as people write them."""

from __future__ import annotations

import re

from ganbench.core.errors import UsageError
from ganbench.core.limits import LONGEST_S
from ganbench.core.printable import shown

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def parse_duration(text: str, flag: str = "--for") -> float:
    """Return the seconds of ``90s``, ``5m``, ``2h``, ``1d`` or ``1h30m``.

    Raises:
        UsageError: something else, no time at all, or more than a year; ``flag`` is named.
    """
    parts = re.findall(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)([smhd])", text)
    seconds = sum(float(n) * SECONDS[unit] for n, unit in parts)
    if "".join(n + unit for n, unit in parts) != text or not 0 < seconds <= LONGEST_S:
        raise UsageError(f"{flag} is '{shown(text)}': a time such as 90s, 5m, 2h or 1h30m needed")
    return seconds
