"""Tables as CSV: the bytes of ``DataFrame.to_csv``, ten times as fast for tables that repeat.

A text that a spreadsheet would take for a formula has an apostrophe before it; no name that
ganbench gives is one.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

FORMULA = re.compile(r"[=+\-@\t\r]")  # how one begins
NUMBER = re.compile(r"[+-]?[0-9.]+(e[+-]?[0-9]+)?", re.I)
ROWS = 20_000  # written at a time


def csv_parts(table: pd.DataFrame) -> Iterator[bytes]:
    """Yield what ``table.to_csv(index=False)`` returns, in parts, without formulas.

    Each different value of a column is made text once in a part.
    """
    yield _lines([map(str, table)])
    for start in range(0, len(table), ROWS):
        part = table.iloc[start : start + ROWS]
        yield _lines(zip(*(_texts(part[name]) for name in part), strict=True))


def _lines(rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _texts(column: pd.Series) -> np.ndarray:
    """Return the text of each row."""
    if column.dtype == np.float64:  # by their bits: 0.0 and -0.0 are two texts
        codes, bits = pd.factorize(column.to_numpy().view(np.int64))
        values = bits.view(np.float64)
    else:
        codes, values = pd.factorize(column)
    texts = ["" if value != value else _text(value) for value in values.tolist()]
    return np.array([*texts, ""], object)[codes]  # -1 is a missing value


def _text(value: Any) -> str:
    """Return a value as text that is no formula."""
    text = str(value).replace("\r", "\\r")  # which would begin a row, unquoted
    formula = isinstance(value, str) and FORMULA.match(text) and not NUMBER.fullmatch(text)
    return f"'{text}" if formula else text
