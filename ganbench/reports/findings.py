"""Sentences that say what a comparison shows, and what its budget cannot show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ganbench.core import registry
from ganbench.experiment.screening import RANK_SEEDS, RANK_STEPS, is_screening, same_gradients
from ganbench.reports.leaderboard import BASELINE, is_control, learned
from ganbench.reports.tables import number, ranking
from ganbench.stats.compare import ALPHA, seeds_needed
from ganbench.stats.noise import pooled_noise

MOST_NAMES = 10  # in a list of single seeds
FIRST_COMPARISON = 5  # seeds, below which no interval is to be relied on
SAID = {
    "not learned": "not learned at this budget, no better than a Gaussian fitted to the data",
    "collapsed": "collapsed: learned, with modes lost or far too rare",
    "diverged": "diverged",
    "failed": "failed",
}


def limits(seeds: int, steps: int, variants: Sequence[str]) -> list[str]:
    """Return sentences about what so many seeds and generator updates cannot show.

    Args:
        seeds, steps: the fewest of any variant.
        variants: those that are compared.
    """
    said = []
    if is_screening(seeds, steps):
        said.append(
            f"A screening: ranks take {RANK_SEEDS} seeds and {RANK_STEPS:,} generator updates "
            "(--variants core has them). Band 1 is within the noise of the best, band 2 beats a "
            "Gaussian, band 3 does not."
        )
    elif seeds < FIRST_COMPARISON:
        said.append(f"Intervals from {seeds} seeds are rough: see --seeds.")
    tests = len(set(variants) - {BASELINE})
    needed = seeds_needed(tests) if tests else 0
    if BASELINE in variants and seeds < needed:
        said.append(
            f"No p-values: {tests} comparisons with {BASELINE} can reach {ALPHA} from {needed} "
            "seeds each."
        )
    return said


def limits_of(board: pd.DataFrame, primary: str) -> list[str]:
    """Return ``limits`` of a table: ``leaderboard.csv`` of one data set."""
    rows = ranking(board, primary)
    rows = rows[~rows["variant"].map(is_control)]
    steps = rows["g_steps"].min()
    return limits(
        int(rows["n_seeds"].min()), 0 if np.isnan(steps) else int(steps), list(rows["variant"])
    )


def aa_sentences(board: pd.DataFrame, table: pd.DataFrame, primary: str) -> list[str]:
    """Return a sentence for each pair of variants with the same gradients: its noise.

    Args:
        board: ``leaderboard.csv`` of one data set. table: its rows of ``results.csv``.
    """
    names = set(board["variant"])
    known = [v for v in registry.variants.items() if v.name in names]
    said = []
    for one, other in same_gradients(known):
        values = [_last_values(table, name, primary) for name in (one, other)]
        noise = pooled_noise(values)
        if noise is None or min(map(len, values)) < 2:
            continue
        means = [noise.scaled(v).mean() for v in values]
        gap, width = abs(means[0] - means[1]), noise.half_width(*map(len, values))
        place = "inside" if gap <= width else "OUTSIDE"
        shown = [difference_words(x, noise.log) for x in (gap, width, noise.half_width())]
        said.append(
            f"A/A: {one} has the gradients of {other}; their {primary} differ by {shown[0]}, "
            f"{place} the noise ({shown[1]}). One seed against one: {shown[2]} is noise."
        )
    return said


def difference_words(gap: float, log: bool) -> str:
    """Return a difference in words; of logarithms a share, or a factor where it is large."""
    if not log:
        return number(gap)
    return f"{100 * np.expm1(gap):.0f} %" if gap < np.log(2) else f"a factor of {np.exp(gap):.2g}"


def _last_values(table: pd.DataFrame, variant: str, metric: str) -> np.ndarray:
    rows = table[(table["variant"] == variant) & (table["metric"] == metric)]
    return rows.sort_values("checkpoint").groupby("seed")["value"].last().to_numpy(float)


def findings(board: pd.DataFrame, table: pd.DataFrame, primary: str) -> list[str]:
    """Return sentences about the variants of which not most seeds have learned.

    A variant is named where most of its seeds, or the first of equally many, have that verdict;
    behind it how many of its seeds, unless all.

    Args:
        board: ``leaderboard.csv`` of one data set. table: its rows of ``results.csv``.
    """
    rows = ranking(board, primary)
    rows = rows[~rows["variant"].map(is_control)]
    several = rows["arch"].nunique() > 1
    groups: dict[str, list[str]] = {}
    partly: dict[str, list[str]] = {}
    for row in rows.to_dict("records"):
        counts = {v: row[f"n_{v.replace(' ', '_')}"] for v in SAID}
        name = f"{row['variant']} ({row['arch']})" if several else row["variant"]
        if not learned(row):
            worst = max(counts, key=lambda v: counts[v])
            part = "" if counts[worst] == row["n_seeds"] else f" ({counts[worst]}/{row['n_seeds']})"
            groups.setdefault(worst, []).append(name + part)
            continue
        for verdict, n in counts.items():
            if n:
                partly.setdefault(verdict, []).append(f"{name} ({n}/{row['n_seeds']})")
    said = [
        f"{SAID[verdict][0].upper()}{SAID[verdict][1:]} ({len(names)}): {', '.join(names)}."
        for verdict, names in sorted(groups.items(), key=lambda item: list(SAID).index(item[0]))
    ]
    if partly:
        listed = "; ".join(f"{v}: {few(names)}" for v, names in partly.items())
        said.append(f"Of variants that mostly learned, single seeds: {listed}.")
    return said + _recovered(table) + _unmeasured(table)


def _recovered(table: pd.DataFrame) -> list[str]:
    """Return a sentence on variants that had collapsed after learning, and learned in the end."""
    ways = table.drop_duplicates(["run_id", "checkpoint"])
    ways = ways.sort_values("checkpoint", kind="stable")
    last = ways.drop_duplicates("run_id", keep="last")
    had = set(ways.loc[ways["verdict"] == "collapsed", "run_id"])
    names = list(last[(last["verdict"] == "learned") & last["run_id"].isin(had)]["variant"])
    counts = pd.Series(names, dtype=object).value_counts()
    if counts.empty:
        return []
    listed = few([f"{name} ({n})" if n > 1 else name for name, n in counts.items()])
    return [f"Collapsed at a checkpoint on the way, learned at the end: {listed}."]


def few(names: Sequence[str]) -> str:
    """Return the first ``MOST_NAMES`` names, and how many more there are."""
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _unmeasured(table: pd.DataFrame) -> list[str]:
    missing = table[(table["status"] == "ok") & table["value"].isna()]
    pairs = missing.groupby("metric", sort=False)["variant"].unique()
    return [f"{metric} could not be measured for {', '.join(v)}." for metric, v in pairs.items()]
