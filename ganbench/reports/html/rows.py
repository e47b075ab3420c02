"""The main table of the page, the tiles above it and the bars of verdicts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ganbench.core.kinds.metric import ARROWS, BEST
from ganbench.experiment.records import QuantityInfo
from ganbench.reports.colours import family_of
from ganbench.reports.leaderboard import is_control, learned
from ganbench.reports.tables import number, place, ranking, title, verdict_words
from ganbench.reports.verdicts import VERDICTS


def cell(value: float) -> dict[str, str]:
    """Return what a cell shows and, as ``sort``, the very number, empty where there is none."""
    value = float(value)
    return {"text": number(value), "sort": "" if math.isnan(value) else repr(value)}


def floors_of(table: pd.DataFrame) -> dict[str, float]:
    """Return ``{quantity: floor}`` of rows of ``results.csv`` of one protocol each."""
    first = table.dropna(subset=["floor"]).drop_duplicates("metric")
    return dict(zip(first["metric"], first["floor"].astype(float), strict=True))


def main_table(
    board: pd.DataFrame,
    table: pd.DataFrame,
    primary: str,
    known: Mapping[str, QuantityInfo],
) -> dict[str, Any]:
    """Return the main table of one data set: its columns, and a row of each variant and arch.

    Args:
        board: ``leaderboard.csv`` of it. table: its rows of ``results.csv``.
        known: the quantities in them; headlines have a column.
    """
    placed = ranking(board, primary)
    present = set(board["metric"]) - {primary}
    others = [key for key, q in known.items() if q.headline and key in present]
    medians = {
        (row.arch, row.variant, row.metric): float(row.median)
        for row in board[["arch", "variant", "metric", "median"]].itertuples()
    }
    floor = floors_of(table).get(primary, math.nan)
    rows = []
    for order, row in enumerate(placed.itertuples(), 1):
        values = [medians.get((row.arch, row.variant, key), math.nan) for key in others]
        rows.append(_row(row, order, floor, values))
    if placed["arch"].nunique() > 1:
        for shown in rows:
            shown["name"] = shown["key"]
    screening = bool(placed["band"].notna().any())
    return {
        "title": title(placed, primary) if _any_trained(placed) else placed["dataset"].iloc[0],
        "placed_by": "band" if screening else "rank",
        "archs": placed["arch"].nunique() > 1,
        "columns": [_column(key, known[key]) for key in [primary, *others]],
        "rows": rows,
        "floor": cell(floor),
    }


def _any_trained(placed: pd.DataFrame) -> bool:
    return not placed["variant"].map(is_control).all()


def _column(key: str, info: QuantityInfo) -> dict[str, str]:
    said = f"{info.label or key}: {BEST[info.target]}"
    return {"key": key, "arrow": ARROWS[info.target], "said": said}


def _row(row: Any, order: int, floor: float, others: list[float]) -> dict[str, Any]:
    """Return one row of the main table, from one of ``leaderboard.csv``."""
    control = is_control(row.variant)
    counts = {v: int(getattr(row, f"n_{v.replace(' ', '_')}")) for v in VERDICTS}
    ratio = row.median / floor if floor > 0 else math.nan
    seconds = row.train_s if math.isnan(row.train_cpu_s) else row.train_cpu_s
    placing = row.band if math.isnan(row.rank) else row.rank
    return {
        "key": f"{row.variant} · {row.arch}",
        "name": row.variant,
        "variant": row.variant,
        "arch": row.arch,
        "family": family_of(row.variant),
        "control": control,
        "learned": learned(row._asdict()),
        "place": {"text": place(row), "sort": "" if math.isnan(placing) else str(order)},
        "first": row.band == 1 or row.rank_low == 1,
        "value": cell(row.median),
        "low": cell(row.ci_low),
        "high": cell(row.ci_high),
        "verdict": "" if control else verdict_words(row),
        "counts": {verdict: n for verdict, n in counts.items() if n},
        "seeds": int(row.n_seeds),
        "others": [cell(value) for value in others],
        "ratio": cell(ratio),
        "seconds": cell(math.nan if control else seconds),
        "params": {"d": int(row.params_d), "g": int(row.params_g)},
        "d_norm": row.d_norm if isinstance(row.d_norm, str) else "",
    }


def tiles(
    main: Mapping[str, Any], primary: str, near: Sequence[str] | None
) -> list[dict[str, str]]:
    """Return what a reader wants to know first, as a few words each: what, and more about it.

    Args:
        near: who cannot be told from the best; None where seeds are too few.
    """
    trained = [row for row in main["rows"] if not row["control"]]
    fine = [row for row in trained if row["learned"]]
    floor = main["floor"]["text"]
    said = []
    if fine:
        best = fine[0]
        interval = f", 95 % interval {best['low']['text']} to {best['high']['text']}"
        more = f"{primary} {best['value']['text']}{interval if best['low']['sort'] else ''}"
        said.append(_tile("Best", best["name"], f"{more}; real against real {floor}"))
        said.append(_tile("Is that significant?", *_significance(best, len(fine), near)))
        seconds = [float(row["seconds"]["sort"]) for row in fine if row["seconds"]["sort"]]
        if seconds:
            cost = f"{best['seconds']['text']} s of CPU a training"
            low, high = number(min(seconds)), number(max(seconds))
            span = f"; others that learned: {low} to {high} s" if low != high else ""
            span = f"of {best['name']}{span}"
            said.append(_tile("What does it cost?", cost, span))
    if trained:
        said.append(_stability(trained))
    return said


def _tile(name: str, value: str, more: str) -> dict[str, str]:
    return {"name": name, "value": value, "more": more}


def _significance(
    best: Mapping[str, Any], learned: int, near: Sequence[str] | None
) -> tuple[str, str]:
    """Return whether the best one is told from the ``learned`` variants, and from whom not."""
    if learned < 2:
        return "there is nothing to compare with", "no other variant has learned"
    if near is None:
        return "not known", f"{best['seeds']} seeds are too few to tell any two apart"
    if not near:
        return "yes", f"{best['name']} is told from all others"
    names = ", ".join([best["variant"], *near[:4]])
    rest = f" and {len(near) - 4} more" if len(near) > 4 else ""
    return f"no: {len(near) + 1} cannot be told apart", f"{names}{rest}"


def _stability(trained: list[dict[str, Any]]) -> dict[str, str]:
    """Return the tile of those that did not learn, by their most frequent verdict."""
    groups: dict[str, list[str]] = {}
    for row in trained:
        if not row["learned"] and row["counts"]:
            worst = max(
                (v for v in VERDICTS[1:] if v in row["counts"]),
                key=lambda v: row["counts"][v],
                default="not learned",
            )
            groups.setdefault(worst, []).append(row["name"])
    told = [
        f"{verdict}: {', '.join(names[:5])}{' …' if len(names) > 5 else ''}"
        for verdict, names in groups.items()
    ]
    n = sum(row["learned"] for row in trained)
    more = "; ".join(told) or "in most of their seeds"
    return _tile("Who learned?", f"{n} of {len(trained)} variants", more)
