"""What a verification found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Check:
    """One line of the table: what was asked, what was found, what was wanted."""

    name: str
    found: str
    wanted: str
    passed: bool


@dataclass(frozen=True)
class Outcome:
    """All that a verification found.

    Attributes:
        details: for the JSON line. tables, figures: ``{file stem: ...}``, to be written.
        title: of the table, where it is not the check's usual one.
    """

    checks: list[Check]
    details: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)
    title: str = ""

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)
