"""The ranked table in the terminal, and sentences that say what it shows."""

from __future__ import annotations

import math

import pandas as pd
from rich.table import Table

SHOWN = ("fd", "w2", "modes", "hq", "reverse_kl", "precision", "recall", "coverage")


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


def terminal_table(board: pd.DataFrame, table: pd.DataFrame, primary: str) -> Table:
    """Return the ranked table: one row per arch and variant, medians over seeds, the floor last.

    Args:
        board: ``leaderboard.csv``; table: ``results.csv``.
    """
    rows = ranking(board, primary)
    others = [m for m in SHOWN if m in set(board["metric"]) and m != primary]
    higher = table.drop_duplicates("metric").set_index("metric")["higher_is_better"]
    floors = table.drop_duplicates("metric").set_index("metric")["floor"]
    archs = rows["arch"].nunique() > 1

    def arrow(metric: str) -> str:
        return f"{metric} {'↑' if higher[metric] else '↓'}"

    seeds = sorted(set(rows["n_seeds"]))
    out = Table(
        title=f"{rows['dataset'].iloc[0]}: ranked by median {primary} over "
        f"{'–'.join(str(s) for s in (seeds[0], seeds[-1])[: len(seeds)])} seeds",
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
            f"{number(row.ci_low)} – {number(row.ci_high)}",
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


def findings(table: pd.DataFrame) -> list[str]:
    """Return one sentence for each variant that failed, or collapsed in some seed.

    A seed has collapsed if its shares over modes have lost a mode, or their reverse KL exceeds
    0.5 nats (a generator that is uniform on 6 of 10 modes has 0.51) at the last checkpoint.
    """
    sentences = []
    for (arch, variant), rows in table.groupby(["arch", "variant"], sort=False):
        bad = rows[rows["status"] != "ok"].drop_duplicates("seed")
        name = f"{variant} ({arch})"
        for status, seeds in bad.groupby("status")["seed"]:
            sentences.append(f"{name}: {status} in {listed(seeds)}.")
        last = rows[(rows["status"] == "ok")]
        last = last[last["checkpoint"] == last.groupby("seed")["checkpoint"].transform("max")]
        values = last.pivot(index="seed", columns="metric", values="value")
        if "modes" not in values or "reverse_kl" not in values or values.empty:
            continue
        modes, kl = values["modes"], values["reverse_kl"]
        whole = last[last["metric"] == "modes"]["floor"].iloc[0]
        collapsed = (modes < whole) | (kl > 0.5)
        if collapsed.any():
            sentences.append(
                f"{name}: collapsed in {int(collapsed.sum())} of {len(values)} seeds: "
                f"{number(modes[collapsed].min())} of {number(whole)} modes and reverse KL "
                f"{number(kl[collapsed].max())} nats at worst."
            )
    return sentences


def listed(seeds: pd.Series) -> str:
    """Return ``seed 1`` or ``seeds 0, 2``."""
    text = ", ".join(str(s) for s in sorted(seeds))
    return f"seed{'s' if len(seeds) > 1 else ''} {text}"
