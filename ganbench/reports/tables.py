"""The table in the terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from rich.table import Table

from ganbench.core.kinds.metric import ARROWS
from ganbench.experiment.records import QuantityInfo
from ganbench.reports.leaderboard import is_control
from ganbench.reports.verdicts import VERDICTS

MOST_ROWS = 20  # of variants in the terminal's table, so that all of it fits one screen
BANDS = {1: "1 best", 2: "2 learned", 3: "3 not"}


def number(value: float) -> str:
    """Return three significant digits; a dash where there is no value."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def ranking(board: pd.DataFrame, primary: str) -> pd.DataFrame:
    """Return the rows of the primary quantity, as the leaderboard orders them."""
    return board[board["metric"] == primary]


def place(row: Any) -> str:
    """Return what the table's first column says of a row: its rank, or its band."""
    if not math.isnan(row.rank):
        return f"{row.rank:g}"
    return "" if math.isnan(row.band) else BANDS[int(row.band)]


def verdict_words(row: Any) -> str:
    """Return the verdicts of a row's seeds: ``learned``, or ``2 learned, 1 collapsed``."""
    counts = {v: int(getattr(row, f"n_{v.replace(' ', '_')}")) for v in VERDICTS}
    present = {verdict: n for verdict, n in counts.items() if n}
    if len(present) == 1:
        verdict, n = next(iter(present.items()))
        return verdict if n == 1 else f"{n} {verdict}"
    return ", ".join(f"{n} {verdict}" for verdict, n in present.items())


def title(rows: pd.DataFrame, primary: str) -> str:
    """Return what the table is: ranked, or a screening in bands."""
    trained = rows[~rows["variant"].map(is_control)]
    seeds = sorted(set(trained["n_seeds"]))
    steps = sorted({int(n) for n in trained["g_steps"].dropna()})
    over = f"{_span(seeds)} {'seed' if seeds == [1] else 'seeds'}"
    over += f", {_span(steps)} generator updates" if steps else ""
    dataset = rows["dataset"].iloc[0]
    if trained["band"].notna().any():
        return f"{dataset}: a screening by {primary} ({over}): bands, no ranks"
    return f"{dataset}: ranked by median {primary} over {over}"


def _span(numbers: list[int]) -> str:
    return "–".join(f"{n:,}" for n in (numbers[0], numbers[-1])[: len(numbers)])


def rows_left_out(board: pd.DataFrame, primary: str) -> int:
    """Return how many variants that learned the terminal's table leaves out."""
    rows = ranking(board, primary)
    fine = ~rows["variant"].map(is_control) & (rows["n_learned"] > rows["n_seeds"] / 2)
    return max(0, int(fine.sum()) - MOST_ROWS)


def terminal_table(
    board: pd.DataFrame, primary: str, quantities: Mapping[str, QuantityInfo]
) -> Table:
    """Return the table of one screen: medians over seeds, the controls at their places.

    Variants of which most seeds have not learned are left to the sentences below it, and so are
    those after the first ``MOST_ROWS``.

    Args:
        board: ``leaderboard.csv``.
        quantities: those of the records; headlines have a column.
    """
    rows = ranking(board, primary)
    present = set(board["metric"]) - {primary}
    others = [key for key, q in quantities.items() if q.headline and key in present]
    archs = rows["arch"].nunique() > 1
    out = Table(title=title(rows, primary), title_justify="left")
    screening = rows["band"].notna().any()
    out.add_column("band" if screening else "rank", justify="left" if screening else "right")
    out.add_column("variant", no_wrap=True)
    if archs:
        out.add_column("arch")
    for name in (_arrow(primary, quantities), "95% interval", "verdict"):
        out.add_column(name, justify="left" if name == "verdict" else "right", no_wrap=True)
    for metric in others:
        out.add_column(_arrow(metric, quantities), justify="right")
    for name in ("params D/G", "D norm", "CPU s"):
        out.add_column(name, justify="right")
    medians = board.pivot_table(index=["arch", "variant"], columns="metric", values="median")
    controls = rows["variant"].map(is_control)
    fine = rows[~controls & (rows["n_learned"] > rows["n_seeds"] / 2)]
    listed = fine if len(fine) else rows[~controls]
    chosen = rows.index.isin(listed.head(MOST_ROWS).index) | controls
    for row in rows[chosen].itertuples():
        own = medians.loc[row.arch, row.variant]
        out.add_row(
            place(row),
            row.variant,
            *([row.arch] if archs else []),
            number(row.median),
            "" if math.isnan(row.ci_low) else f"{number(row.ci_low)} – {number(row.ci_high)}",
            verdict_words(row),
            *(number(float(own.get(m, math.nan))) for m in others),
            *_costs(row),
            style="dim" if is_control(row.variant) else "",
        )
    return out


def _thousands(n: float) -> str:
    """Return a number of parameters, from ten thousand on in thousands."""
    return f"{n:.0f}" if n < 10_000 else f"{n / 1000:.0f}k"


def _arrow(metric: str, quantities: Mapping[str, QuantityInfo]) -> str:
    return f"{metric} {ARROWS[quantities[metric].target]}"


def _costs(row: Any) -> tuple[str, str, str]:
    """Return the cells of both sizes, D's normalisation and the seconds of training."""
    if is_control(row.variant):
        return "", "", ""
    seconds = row.train_s if math.isnan(row.train_cpu_s) else row.train_cpu_s
    return f"{_thousands(row.params_d)}/{_thousands(row.params_g)}", row.d_norm, number(seconds)
