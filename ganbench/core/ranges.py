"""The numbers that an option can have, and what is said of others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ganbench.core.errors import UsageError
from ganbench.core.printable import shown

LARGEST = 10**6  # of a number of which nothing more is known
WHOLE = re.compile(r"[+-]?[0-9]{1,30}")
REAL = re.compile(r"[+-]?([0-9]{1,30}\.?[0-9]{0,30}|\.[0-9]{1,30})([eE][+-]?[0-9]{1,4})?")


@dataclass(frozen=True)
class Range:
    """Numbers from ``least`` to ``most``.

    Attributes:
        whole: whole numbers only.
        above: ``least`` itself is excluded. below: ``most`` is.
    """

    least: float
    most: float
    whole: bool = False
    above: bool = False
    below: bool = False

    def __str__(self) -> str:
        return f"{self._low} and {self._high}"

    @property
    def _low(self) -> str:
        return f"above {self.least:,}" if self.above else f"at least {self.least:,}"

    @property
    def _high(self) -> str:
        return f"below {self.most:,}" if self.below else f"at most {self.most:,}"

    def holds(self, value: Any) -> bool:
        """Return whether ``value`` is one of these numbers; NaN never is."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        low = value > self.least if self.above else value >= self.least
        high = value < self.most if self.below else value <= self.most
        return low and high and (not self.whole or value == int(value))

    def check(self, what: str, value: Any) -> None:
        """Raise ``UsageError`` unless ``value`` is one of these numbers.

        Args:
            what: is called that in the message, such as ``--seeds``.
        """
        if self.holds(value):
            return
        needed = str(self)
        if isinstance(value, int | float) and value > self.least:
            needed = self._high if value >= self.most else needed
        elif isinstance(value, int | float) and value <= self.least:
            needed = self._low
        raise UsageError(f"{what} is {shown(value)}: {needed} needed")

    def parse(self, what: str, text: str) -> Any:
        """Return the number that ``text`` says, plain digits of ASCII.

        Raises:
            UsageError: it says none, or one that is not among these.
        """
        text = text.strip()
        pattern = WHOLE if self.whole else REAL
        if not pattern.fullmatch(text):
            if text.lower().lstrip("+-") in ("nan", "inf", "infinity") and not self.whole:
                raise UsageError(f"{what} is {text}: a finite number needed")
            kind = "a whole number" if self.whole else "a number"
            raise UsageError(f"{what} is '{shown(text)}': {kind} needed")
        value = int(text) if self.whole else float(text)
        self.check(what, value)
        return value


def whole(least: int, most: int) -> Range:
    """Return the whole numbers from ``least`` to ``most``."""
    return Range(least, most, whole=True)


def finite(whole: bool = False) -> Range:
    """Return the numbers that nothing more is known of."""
    return Range(-LARGEST, LARGEST, whole)
