"""CSV files as tables of numeric and categorical columns, and their coding as vectors.

What cannot be understood is refused in one line that says where it is. Lines are counted as an
editor does, from 1, which is the line of names.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ganbench.core.errors import UsageError
from ganbench.core.limits import MOST_CATEGORIES, MOST_TABLE_BYTES, MOST_TABLE_WIDTH
from ganbench.core.whole_files import file_bytes

LEAST_ROWS = 20
LARGEST = 1e100  # whose squares can be summed
LARGEST_WHOLE = 2.0**53  # below which every whole number has its own float64
FEW = 10  # whole numbers with so many different values at most are categories
MISSING = ("", "?", "na", "n/a", "nan", "null")  # in any case


@dataclass(frozen=True)
class Column:
    """One column as it is in the file.

    Attributes:
        values: its numbers ``[N]``, or the places ``[N]`` of its categories.
        categories: in order; empty for a numeric column.
        whole: whether all its numbers are.
    """

    name: str
    values: np.ndarray
    categories: tuple[str, ...] = ()
    whole: bool = False


def read_table(path: str) -> list[Column]:
    """Return the columns of the CSV file at ``path``.

    Raises:
        UsageError: it cannot be read, or is no table that could be learned.
    """
    names, rows, lines = _rows(path)
    fields = list(zip(*rows, strict=True))
    columns = [_column(path, *given, lines) for given in zip(names, fields, strict=True)]
    width = sum(max(1, len(column.categories)) for column in columns)
    if width > MOST_TABLE_WIDTH:
        raise UsageError(
            f"{path} has {width} numbers a row, with one for each category: at most "
            f"{MOST_TABLE_WIDTH}"
        )
    return columns


def _lines(path: str) -> io.TextIOWrapper:
    try:
        raw = file_bytes(path, MOST_TABLE_BYTES)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    try:
        raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path} is not UTF-8 (line {line}): save it as CSV UTF-8") from None
    return io.TextIOWrapper(io.BytesIO(raw), "utf-8-sig", newline="")


def _records(path: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, fields) of each line that is not blank."""
    reader = csv.reader(_lines(path), strict=True)
    start = 1
    try:
        for fields in reader:
            if fields:
                yield start, [field.strip() for field in fields]
            start = reader.line_num + 1
    except csv.Error as error:
        raise UsageError(f"{path} is not CSV (line {start}): {error}") from None


def _rows(path: str) -> tuple[list[str], list[list[str]], list[int]]:
    """Return the names, the rows and the line of each."""
    records = list(_records(path))
    if not records:
        raise UsageError(f"{path} is empty: a line of names and at least {LEAST_ROWS} rows needed")
    _, names = records[0]
    _check_names(path, names)
    for line, fields in records[1:]:
        if len(fields) != len(names):
            raise UsageError(
                f"{path}, line {line}: {len(fields)} fields, and {len(names)} names of columns"
            )
        for name, field in zip(names, fields, strict=True):
            if field.lower() in MISSING:
                raise UsageError(
                    f"{path}, line {line}: no value in column {name} ({field!r}): fill it in, or "
                    "leave the row out"
                )
    if len(records) - 1 < LEAST_ROWS:
        raise UsageError(f"{path} has {len(records) - 1} rows: at least {LEAST_ROWS} needed")
    lines, rows = zip(*records[1:], strict=True)
    return names, list(rows), list(lines)


def _check_names(path: str, names: list[str]) -> None:
    if len(names) < 2:
        raise UsageError(f"{path} has one column: at least 2 needed, separated by commas")
    if len(names) > MOST_TABLE_WIDTH:
        raise UsageError(f"{path} has {len(names):,} columns: at most {MOST_TABLE_WIDTH:,}")
    if all(_number(name) is not None for name in names):
        raise UsageError(f"{path} starts with numbers: its first line must name the columns")
    for i, name in enumerate(names):
        if not name:
            raise UsageError(f"{path}: column {i + 1} has no name in the first line")
        if name in names[:i]:  # of a thousand at most
            raise UsageError(f"{path}: two columns are called {name}")


def _number(field: str) -> float | None:
    try:
        return None if "_" in field else float(field)  # Python reads 1_000 as a number
    except ValueError:
        return None


def _column(path: str, name: str, fields: tuple[str, ...], lines: list[int]) -> Column:
    """Return one column: numbers, if all or most of its fields are."""
    if len(set(fields)) == 1:
        raise UsageError(f"{path}: column {name} is {fields[0]} in every row: leave it out")
    numbers = [_number(field) for field in fields]
    known = [number for number in numbers if number is not None]
    if len(known) > len(fields) / 2:
        for number, field, line in zip(numbers, fields, lines, strict=True):
            if number is None or not math.isfinite(number):
                raise UsageError(
                    f"{path}, line {line}: {field!r} in column {name}, which holds numbers"
                )
        return _numeric(path, name, np.array(known))
    categories = tuple(sorted(set(fields)))
    if len(categories) > MOST_CATEGORIES:
        raise UsageError(
            f"{path}: column {name} has {len(categories)} different texts: at most "
            f"{MOST_CATEGORIES} categories; leave out what names the row"
        )
    return _categorical(name, fields, categories)


def _numeric(path: str, name: str, numbers: np.ndarray) -> Column:
    numbers = numbers + 0.0  # -0 is 0
    if (numbers == numbers[0]).all():  # such as 1 and 1.0
        raise UsageError(f"{path}: column {name} is {numbers[0]:g} in every row: leave it out")
    whole = bool((numbers == np.round(numbers)).all() and abs(numbers).max() < LARGEST_WHOLE)
    different = np.unique(numbers)
    if whole and len(different) <= FEW:
        texts = tuple(f"{number:.0f}" for number in different)
        return _categorical(name, tuple(f"{number:.0f}" for number in numbers), texts)
    if abs(numbers).max() > LARGEST:
        raise UsageError(f"{path}: column {name} holds numbers beyond {LARGEST:g}")
    return Column(name, numbers, whole=whole)


def _categorical(name: str, fields: tuple[str, ...], categories: tuple[str, ...]) -> Column:
    place = {category: i for i, category in enumerate(categories)}
    return Column(name, np.array([place[field] for field in fields]), categories)


def layout(columns: list[Column], target: str | None, train: np.ndarray) -> dict[str, np.ndarray]:
    """Return the coding of a table as arrays: what metrics and ``tabular.decode`` read.

    Args:
        target: the name of the column to be predicted; the last if None.
        train: the rows by which numbers are standardised.

    Returns:
        Of each column ``names``, ``widths`` (1 of a number, else the number of categories),
        ``means``, ``sds`` and ``whole``; of each coded number ``categories`` (empty for a number);
        and the place ``target`` of the column to be predicted.
    """
    names = [column.name for column in columns]
    numeric = [not column.categories for column in columns]
    known = [
        c.values[train] if n else np.array([0.0]) for c, n in zip(columns, numeric, strict=True)
    ]
    sds = np.array([values.std() if n else 1.0 for values, n in zip(known, numeric, strict=True)])
    return {
        "names": np.array(names),
        "widths": np.array([max(1, len(column.categories)) for column in columns]),
        "means": np.array([values.mean() for values in known]),
        "sds": np.where(sds > 0, sds, 1.0),
        "whole": np.array([column.whole for column in columns]),
        "categories": np.array([text for c in columns for text in c.categories or ("",)]),
        "target": np.array(names.index(target) if target else len(names) - 1),
    }


def encode(columns: list[Column], table: dict[str, np.ndarray]) -> np.ndarray:
    """Return the rows as vectors ``[N, D]`` float32."""
    coded = []
    for column, mean, sd in zip(columns, table["means"], table["sds"], strict=True):
        if column.categories:
            coded.append(np.eye(len(column.categories))[column.values])
        else:
            coded.append((column.values[:, None] - mean) / sd)
    return np.concatenate(coded, 1).astype(np.float32)
