"""Times as people write them."""

from __future__ import annotations

import re

from ganbench.core.errors import UsageError

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def parse_duration(text: str, flag: str = "--for") -> float:
    """Return the seconds of ``90s``, ``5m``, ``2h``, ``1d`` or ``1h30m``.

    Raises:
        UsageError: something else, or no time at all; ``flag`` is named.
    """
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhd])", text)
    seconds = sum(float(n) * SECONDS[unit] for n, unit in parts)
    if "".join(n + unit for n, unit in parts) != text or not seconds > 0:
        raise UsageError(f"{flag} is {text!r}: a time such as 90s, 5m, 2h or 1h30m needed")
    return seconds
