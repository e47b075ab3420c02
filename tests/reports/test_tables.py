"""The terminal's tables."""

import math

import pandas as pd

from ganbench.reports.tables import number, rows_left_out


def test_numbers_in_tables():
    assert [number(x) for x in (math.nan, math.inf, 0.12345, 12345.6)] == [
        "–",
        "∞",
        "0.123",
        "12346",
    ]


def test_the_variants_that_the_table_leaves_out_are_counted():
    rows = [
        {"variant": f"v{i}", "metric": "fd", "n_learned": 2 if i < 23 else 1, "n_seeds": 3}
        for i in range(30)
    ]
    rows.append({"variant": "control:real", "metric": "fd", "n_learned": 3, "n_seeds": 3})
    rows.append({"variant": "v0", "metric": "kd", "n_learned": 3, "n_seeds": 3})
    assert rows_left_out(pd.DataFrame(rows), "fd") == 23 - 20
    assert rows_left_out(pd.DataFrame(rows[:5]), "fd") == 0
