"""``tabular:FILE.csv``: rows of a CSV file with numeric and categorical columns.

A row becomes a vector: numbers are standardised by the training rows, a category is one-hot. A
column whose fields are mostly numbers is numeric, and every field must then be a number; whole
numbers with at most 10 different values are categories. The first line names the columns. One
column is predicted from the others in a metric, the last one or ``tabular:FILE.csv:COLUMN``.

``decode`` turns generated vectors into a table again, as ``ganbench sample --to FILE.csv`` does:

    data = ganbench.data.tabular.read("adult.csv")
    decode(population.sample(1000, seed=0), data.known["table"]).to_csv("generated.csv")

A seeded part of the rows is held out, as of ``folder:``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Budget, Data, Dataset, Pattern
from ganbench.core.lazy import np
from ganbench.core.registry import register
from ganbench.core.seeds import derive

if TYPE_CHECKING:
    import pandas as pd

    from ganbench.core.kinds import Array

LATENT = 100  # the widest latent


def located(argument: str) -> tuple[str, str]:
    """Return (short name, absolute path and column); a short name gives itself."""
    from ganbench.data import _files, _given

    file, column = _files.parts(argument, "csv")
    path = os.path.abspath(os.path.expanduser(file))
    name = _given.short_name("-".join(filter(None, (os.path.basename(path), column))))
    return name, path + (f":{column}" if column else "")


def read(argument: str) -> Data:
    """Return the rows of ``FILE.csv`` or ``FILE.csv:COLUMN`` as ``Data``, their coding as known.

    Raises:
        UsageError: see ``load``.
    """
    return load(located(argument)[1])


def load(where: str, data_dir: str | None = None) -> Data:
    """Return the rows of the file as vectors ``[N, D]`` float32, a seeded part held out.

    Args:
        where: the path, with the column to be predicted.
        data_dir: another, in its place.

    Raises:
        UsageError: missing, no table that could be learned, or no such column.
    """
    from ganbench.data import _files, _given, _tables
    from ganbench.data._hashing import array_sha256

    path, target = _files.parts(data_dir or where, "csv")
    if os.path.isdir(path):
        raise UsageError(f"{path} is a folder: a CSV file needed")
    columns = _tables.read_table(path)
    names = [column.name for column in columns]
    if target and target not in names:
        raise UsageError(f"{path} has no column {target}: it has {', '.join(names)}")
    rows = len(columns[0].values)
    order = np.random.default_rng(derive("tabular", "split")).permutation(rows)
    count = _given.held_out(rows)
    train, test = np.sort(order[count:]), np.sort(order[:count])
    known = _tables.layout(columns, target or None, train)
    vectors = _tables.encode(columns, known)
    return Data(
        train=vectors[train],
        test=vectors[test],
        sha256=array_sha256(vectors, *known.values()),
        known={"table": known},
    )


def decode(samples: Any, table: Mapping[str, Array]) -> pd.DataFrame:
    """Return vectors ``[N, D]`` as a table with the columns, units and categories of the file.

    The category is that with the largest number; whole numbers are rounded.

    Args:
        table: ``Data.known["table"]`` of the data set.

    Raises:
        ValueError: vectors of another width.
    """
    import pandas as pd

    from ganbench.data._tables import LARGEST_WHOLE

    given = np.asarray(samples, float)
    if given.ndim != 2 or given.shape[1] != len(table["categories"]):
        raise ValueError(
            f"samples have shape {given.shape}: [N, {len(table['categories'])}] needed"
        )
    columns, start = {}, 0
    for i, (name, width) in enumerate(zip(table["names"], table["widths"], strict=True)):
        part, texts = given[:, start : start + width], table["categories"][start : start + width]
        start += width
        if width > 1:
            columns[str(name)] = texts[part.argmax(1)].astype(object)
            continue
        numbers = part[:, 0] * table["sds"][i] + table["means"][i]
        whole = np.rint(numbers).clip(-LARGEST_WHOLE, LARGEST_WHOLE)
        columns[str(name)] = whole.astype(np.int64) if table["whole"][i] else numbers
    return pd.DataFrame(columns)


def settle(dataset: Dataset, data: Data) -> Dataset:
    """Return ``dataset`` with the width of its rows, and a batch that they fill."""
    width, batch = data.train.shape[1], min(dataset.batch, len(data.train))
    latent = min(max(2, width), LATENT)  # as wide as the data
    return replace(dataset, shape=(width,), batch=batch, arch=f"toy:latent={latent}")


def make(argument: str) -> Dataset:
    """Return the data set of the file ``argument``.

    Raises:
        UsageError: no path.
    """
    if not argument:
        raise UsageError("tabular: needs a file, as in tabular:adult.csv or tabular:adult.csv:age")
    name, where = located(argument)
    return Dataset(
        name=f"tabular:{name}",
        load=partial(load, where),
        shape=None,
        arch="toy",
        features="none",
        metrics=("table", "precision-recall", "sliced-wasserstein"),
        primary="column_distance",
        budgets={"smoke": Budget(100), "quick": Budget(4_000), "core": Budget(8_000)},
        summary=f"rows of your own, from {where}",
        location=where,
        settle=settle,
        as_table=lambda samples, data: decode(samples, data.known["table"]),
    )


register(
    Pattern("dataset", "tabular", "FILE.csv", make, "rows of a CSV file: numbers and categories")
)
