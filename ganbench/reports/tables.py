"""The ranked table in the terminal, and sentences that say what it shows."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd
from rich.table import Table

SHOWN = ("fd", "fid", "w2", "modes", "hq", "reverse_kl", "precision", "recall", "coverage")


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


def published_table(papers: pd.DataFrame) -> Table:
    """Return the numbers of ``papers`` (``published.published``), each study under its set-up."""
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


def findings(table: pd.DataFrame) -> list[str]:
    """Return sentences about every variant that failed, did not learn the data, or collapsed.

    A seed has *not learned the data* if fewer than 1 % of its last samples lie among real ones
    (precision, or the share of high quality on mixtures): its classes then mean nothing. Otherwise
    it is *collapsed* at a checkpoint if a mode is lost or the reverse KL of its shares over modes
    exceeds 0.5 nats (an even generator on 6 of 10 modes has 0.51).
    """
    sentences = []
    for (arch, variant), rows in table.groupby(["arch", "variant"], sort=False):
        name = f"{variant} ({arch})"
        bad = rows[rows["status"] != "ok"].drop_duplicates("seed")
        for status, seeds in bad.groupby("status")["seed"]:
            sentences.append(f"{name}: {status} in {listed(seeds)}.")
        last = rows[(rows["status"] == "ok") & rows["value"].isna()]
        for metric, seeds in last.groupby("metric", sort=False)["seed"]:
            sentences.append(f"{name}: {metric} could not be measured in {listed(seeds.unique())}.")
        sentences += [f"{name}: {text}." for text in _modes(rows[rows["status"] == "ok"])]
    return sentences


def _modes(rows: pd.DataFrame) -> list[str]:
    """Return what is to be said of the finished seeds of one variant."""
    wide = rows.pivot(index=["seed", "images_seen"], columns="metric", values="value")
    fidelity = next((m for m in ("hq", "precision") if m in wide), None)
    if wide.empty or fidelity is None or "modes" not in wide or "reverse_kl" not in wide:
        return []
    whole = rows[rows["metric"] == "modes"]["floor"].iloc[0]
    wide["collapsed"] = (wide["modes"] < whole) | (wide["reverse_kl"] > 0.5)
    last = wide.groupby("seed").tail(1).reset_index("images_seen", drop=True)
    count, found = len(last), []
    untaught = last[fidelity] < 0.01
    if untaught.any():
        found.append(
            f"{int(untaught.sum())} of {count} seeds have not learned the data at this budget "
            f"({fidelity} below 0.01); their modes mean nothing"
        )
    learned = last[~untaught]
    at_end = learned[learned["collapsed"]]
    if len(at_end):
        found.append(
            f"collapsed in {len(at_end)} of {count} seeds at the end: {_worst(at_end, whole)}"
        )
    healthy = learned.index.difference(at_end.index)
    before = wide[wide["collapsed"] & wide.index.get_level_values("seed").isin(healthy)]
    if len(before):
        images = before.index.get_level_values("images_seen").max()
        seeds = before.index.get_level_values("seed").nunique()
        found.append(
            f"collapsed at first in {seeds} of {count} seeds ({_worst(before, whole)}), "
            f"recovered after {images:,.0f} images"
        )
    return found


def _worst(rows: pd.DataFrame, whole: float) -> str:
    modes, kl = rows["modes"].min(), rows["reverse_kl"].max()
    return f"{number(modes)} of {number(whole)} modes, reverse KL {number(kl)} nats at worst"


def listed(seeds: Iterable[int]) -> str:
    """Return ``seed 1`` or ``seeds 0, 2``."""
    names = [str(s) for s in sorted(seeds)]
    return f"seed{'s' if len(names) > 1 else ''} {', '.join(names)}"
