"""CSV files have the bytes that pandas writes."""

import csv
import io
import math

import numpy as np
import pandas as pd
import pytest

from ganbench.reports import _csv

NUMBERS = [0.0, -0.0, 1e-5, 0.1 + 0.2, 1e16, 123456789.0, math.nan, math.inf, -math.inf, 5e-324]
COLUMNS = {
    "float": NUMBERS,
    "int": [*range(-3, 6), 10**15],
    "text": ["", "a", "a,b", 'say "x"', "two\nlines", "tab\t", None, "é", " ", "0"],
    "bool": [True, False] * 5,
    "mixed": [True, None, "x", "", 1, 2.5, math.nan, False, "1", 0],
    "nothing": [None] * 10,
    "a,b": [math.nan] * 10,
}


@pytest.mark.parametrize("rows", [1, 3, 20_000])
def test_parts_are_the_bytes_of_pandas(rows, monkeypatch):
    monkeypatch.setattr(_csv, "ROWS", rows)
    table = pd.DataFrame(COLUMNS).drop(columns="mixed")
    assert b"".join(_csv.csv_parts(table)) == table.to_csv(index=False).encode()
    many = pd.concat([table] * 3).iloc[np.random.default_rng(0).permutation(30)]
    assert b"".join(_csv.csv_parts(many)) == many.to_csv(index=False).encode()
    assert b"".join(_csv.csv_parts(table[:0])) == table[:0].to_csv(index=False).encode()


@pytest.mark.parametrize("value", COLUMNS["mixed"])
def test_objects_of_any_kind(value):
    table = pd.DataFrame({"a": pd.Series([value, "x"], dtype=object), "b": [1, 2]})
    assert b"".join(_csv.csv_parts(table)) == table.to_csv(index=False).encode()


def test_no_cell_is_a_formula():
    cells = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "\r=1", "ns", "-1.5e-3", "+2"]
    written = b"".join(_csv.csv_parts(pd.DataFrame({"a": cells, "b": [-1.5] * 9}))).decode()
    shown = [row[0] for row in csv.reader(io.StringIO(written, newline=""))][1:]
    assert shown == [*(f"'{cell}" for cell in cells[:5]), "\\r=1", *cells[6:]]
