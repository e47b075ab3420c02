"""The ranked table in the terminal, and that of published numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd
from rich.table import Table

from ganbench.experiment.records import QuantityInfo


def number(value: float) -> str:
    """Return three significant digits; a dash where there is no value."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def ranking(board: pd.DataFrame, primary: str) -> pd.DataFrame:
    """Return the rows of the primary quantity, best first."""
    return board[board["metric"] == primary].sort_values(["protocol_id", "rank", "variant"])


def terminal_table(
    board: pd.DataFrame, table: pd.DataFrame, primary: str, quantities: Mapping[str, QuantityInfo]
) -> Table:
    """Return the ranked table: one row per arch and variant, medians over seeds, the floor last.

    Args:
        board: ``leaderboard.csv``; table: ``results.csv``.
        quantities: those of the records; headlines have a column.
    """
    rows = ranking(board, primary)
    present = set(board["metric"]) - {primary}
    others = [key for key, q in quantities.items() if q.headline and key in present]
    floors = table.drop_duplicates("metric").set_index("metric")["floor"]
    archs = rows["arch"].nunique() > 1

    def arrow(metric: str) -> str:
        return f"{metric} {'↑' if quantities[metric].higher_is_better else '↓'}"

    seeds = sorted(set(rows["n_seeds"]))
    out = Table(
        title=f"{rows['dataset'].iloc[0]}: ranked by median {primary} over "
        f"{'–'.join(str(s) for s in (seeds[0], seeds[-1])[: len(seeds)])} "
        f"{'seed' if seeds == [1] else 'seeds'}",
        title_justify="left",
    )
    for name in ("rank", "variant"):
        out.add_column(name, justify="right" if name == "rank" else "left", no_wrap=True)
    if archs:
        out.add_column("arch")
    for name in (arrow(primary), "95% interval", "last/best", "failed"):
        out.add_column(name, justify="right", no_wrap=True)
    for metric in others:
        out.add_column(arrow(metric), justify="right")
    out.add_column("train s", justify="right")
    for row in rows.itertuples():
        same = board[(board["arch"] == row.arch) & (board["variant"] == row.variant)]
        medians = same.set_index("metric")["median"]
        out.add_row(
            f"{row.rank:g}",
            row.variant,
            *([row.arch] if archs else []),
            number(row.median),
            "–" if math.isnan(row.ci_low) else f"{number(row.ci_low)} – {number(row.ci_high)}",
            number(row.last_over_best),
            f"{row.n_failed}/{row.n_seeds}",
            *(number(float(medians.get(m, math.nan))) for m in others),
            number(row.train_s),
        )
    out.add_section()
    out.add_row(
        "",
        "floor (real data)",
        *([""] if archs else []),
        number(floors[primary]),
        *[""] * 3,
        *(number(floors[m]) for m in others),
        "",
        style="dim",
    )
    return out


def literature_table(papers: pd.DataFrame) -> Table:
    """Return the numbers of ``papers`` (``literature_values``), each study under its set-up."""
    out = Table(
        title="published, under protocols of their own: not to be ranked with the above",
        title_justify="left",
    )
    for name in ("variant", "metric", "value", "runs"):
        out.add_column(name, justify="left" if name in ("variant", "metric") else "right")
    out.add_column("where and how", overflow="fold")
    for (study, setup, where), rows in papers.groupby(["study", "setup", "where"], sort=False):
        said = f"{study}, {where}: {setup}"
        for row in rows.itertuples():
            spread = "" if math.isnan(row.spread) else f" ± {row.spread:g} ({row.spread_kind})"
            out.add_row(row.variant, row.metric, f"{row.value:g}{spread}", str(row.runs), said)
            said = ""
        out.add_section()
    return out
