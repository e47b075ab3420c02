"""The terminal's tables."""

import math

from ganbench.reports.tables import number


def test_numbers_in_tables():
    assert [number(x) for x in (math.nan, math.inf, 0.12345, 12345.6)] == [
        "–",
        "∞",
        "0.123",
        "12346",
    ]
