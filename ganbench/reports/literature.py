"""Numbers that papers report, with their set-ups: shown beside results, never ranked with them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
PLACES = (
    HERE / "published.csv",
    HERE.parents[1] / "baselines" / "published.csv",
)  # wheel, checkout


def _table() -> pd.DataFrame:
    table = pd.read_csv(next(path for path in PLACES if path.exists()))
    setup = table["setup"].mask(table["setup"] == "same")
    table["setup"] = setup.groupby(table["study"]).ffill()
    return table


def said_of(variant: str) -> list[str]:
    """Return a line for each number that papers report of ``variant``, on any data.

    A paper's own setting stands in brackets behind the name: ``ns[g.lr=1e-4]``.
    """
    table = _table()
    table = table[table["variant"].str.partition("[")[0] == variant]
    lines = []
    for row in table.itertuples():
        spread = "" if pd.isna(row.spread) else f" ± {row.spread:g} ({row.spread_kind})"
        setting = row.variant.removeprefix(variant)
        lines.append(
            f"{row.task}{setting}: {row.metric} {row.value:g}{spread}; {row.study}, {row.where}"
        )
    return lines


def literature_values(task: str, variants: list[str] | None = None) -> pd.DataFrame:
    """Return the numbers of papers on ``task`` (a data set), one row per study, variant and metric.

    The columns are those of ``baselines/published.csv``: study, task, variant, metric, value,
    spread, spread_kind, runs, setup, where.

    Args:
        variants: only the rows of these.
    """
    table = _table()
    wanted = table["task"] == task
    if variants is not None:
        wanted &= table["variant"].isin(variants)
    return table[wanted].reset_index(drop=True)
