"""The sentence that is read first, and the one that says what to run next."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ganbench.core.kinds.metric import shortfall
from ganbench.experiment.records import QuantityInfo
from ganbench.reports.equal import AXES, read_at
from ganbench.reports.last_values import last_values
from ganbench.reports.leaderboard import is_control, leaderboard, learned
from ganbench.reports.tables import number, ranking
from ganbench.stats.aggregate import Values, median
from ganbench.stats.compare import ALPHA, least_p, seeds_needed, simultaneous_ranks
from ganbench.stats.noise import pooled_noise
from ganbench.stats.shift import detectable, seeds_to_show

MOST_TOLD = 6  # names of a group that a sentence lists


def headline(
    board: pd.DataFrame, table: pd.DataFrame, primary: str, known: Mapping[str, QuantityInfo]
) -> str:
    """Return who is best, who cannot be told from it, who did not learn, and who is fast.

    Args:
        board: ``leaderboard.csv`` of one data set. table: its rows of ``results.csv``.
        known: the quantities in them.
    """
    rows = ranking(board, primary)
    rows = rows[~rows["variant"].map(is_control)]
    if rows.empty:
        return "Only controls were measured: no variant was trained."
    first = rows[[learned(row) for row in rows.to_dict("records")]]
    dataset, seeds = rows["dataset"].iloc[0], int(rows["n_seeds"].min())
    failed = len(rows) - len(first)
    did_not = f"{failed} of {len(rows)} variants did not learn" if failed else (
        f"all {len(rows)} variants learned"
    )  # fmt: skip
    if first.empty:
        return f"On {dataset}, none of {len(rows)} variants learned in most of its seeds."
    best = first.iloc[0]
    said = f"On {dataset}, {best['variant']} has the best {primary} ({number(best['median'])})"
    together = _together(first, table, primary, known)
    return f"{said}{_told(together, seeds, len(first))}; {did_not}{_fast(table, primary, known)}."


def _told(together: Sequence[str] | None, seeds: int, n: int) -> str:
    """Return who cannot be told from the best one; None where no test can tell."""
    count = "1 seed" if seeds == 1 else f"{seeds} seeds"
    if n < 2:
        return ""
    if together is None:
        return f", and {count} cannot tell anybody from anybody"
    if not together:
        return f" and is told from all others at {count}"
    if len(together) <= MOST_TOLD:
        return f"; {', '.join(together)} cannot be told from it at {count}"
    return f"; {len(together)} others cannot be told from it at {count}"


def _together(
    first: pd.DataFrame, table: pd.DataFrame, primary: str, known: Mapping[str, QuantityInfo]
) -> list[str] | None:
    """Return the names that no test tells from the best one; None where seeds are too few.

    In bands those within the noise; else those whose simultaneous rank may be the first.
    """
    names = list(first["variant"])
    if first["band"].notna().any():
        return list(first[first["band"] == 1]["variant"])[1:]
    values = values_of(table, primary, known, first["arch"].iloc[0])
    groups = [values[name] for name in names if name in values]
    seeds = min(map(len, groups))
    if least_p(seeds, seeds, len(groups) * (len(groups) - 1) // 2) >= ALPHA:
        return None
    limits = simultaneous_ranks(groups, higher_is_better=False)
    return [name for name, (low, _) in zip(names, limits, strict=True) if low == 1][1:]


def values_of(
    table: pd.DataFrame, primary: str, known: Mapping[str, QuantityInfo], arch: str
) -> dict[str, Values]:
    """Return the last values of each variant's seeds, placed so that lower is better."""
    rows = table[(table["metric"] == primary) & (table["arch"] == arch)]
    seeds = last_values(rows, known)
    floor, target = float(rows["floor"].iloc[0]), known[primary].target
    return {
        name: shortfall(own["last"].to_numpy(float), floor, target)
        for name, own in seeds.groupby("variant", sort=False)
    }


def _fast(table: pd.DataFrame, primary: str, known: Mapping[str, QuantityInfo]) -> str:
    """Return who is first at equal seconds, where that was measured."""
    rows = table[table["metric"] == primary]
    trained = rows[rows["verdict"] != "control"]
    if trained[AXES["seconds"]].isna().all() or trained["checkpoint"].nunique() < 2:
        return ""
    at, _ = read_at(rows, "seconds")
    if at["variant"].nunique() < 2:
        return ""
    early = leaderboard(at, known)
    fine = [row for row in early.to_dict("records") if learned(row)]
    return f"; at equal CPU seconds {fine[0]['variant']} is first" if fine else ""


def next_run(
    board: pd.DataFrame,
    table: pd.DataFrame,
    primary: str,
    known: Mapping[str, QuantityInfo],
    workers: int = 1,
) -> str:
    """Return what to run next to learn more, and about how long it takes.

    Args:
        workers: processes that share the work.
    """
    rows = ranking(board, primary)
    rows = rows[~rows["variant"].map(is_control)]
    fine = rows[[learned(row) for row in rows.to_dict("records")]]
    if len(fine) < 2 or fine["band"].notna().any():
        return ""
    seeds, tests = int(fine["n_seeds"].min()), len(fine) * (len(fine) - 1) // 2
    needed = seeds_needed(tests)
    if seeds < needed:
        more = f"--seeds {needed} can tell pairs of {len(fine)} variants apart"
        return f"Next: {more}; about {_duration(table, needed - seeds, workers)}."
    values = values_of(table, primary, known, fine["arch"].iloc[0])
    one, two = (values[name] for name in list(fine["variant"])[:2])
    noise = pooled_noise([one, two])
    if noise is None or noise.sd == 0:
        return ""
    least = detectable(seeds, ALPHA / tests) * noise.sd
    effect = abs(_middle(one, noise.log) - _middle(two, noise.log)) / noise.sd
    shown = f"{100 * math.expm1(least):.0f} %" if noise.log else number(least)
    said = f"{seeds} seeds show differences of {shown} between {' and '.join(fine['variant'][:2])}"
    try:
        wanted = seeds_to_show(effect, ALPHA / tests)
    except ValueError:
        return f"{said}; theirs is too small for any number of seeds."
    if wanted <= seeds:
        return f"{said}."
    return f"{said}; theirs takes {wanted:,}: {_duration(table, wanted - seeds, workers)}."


def _middle(values: Values, log: bool) -> float:
    return float(median(np.log(values) if log else values))


def _duration(table: pd.DataFrame, seeds: int, workers: int) -> str:
    """Return about how long so many more seeds of all take, from what these took."""
    last: Any = table.sort_values("checkpoint").drop_duplicates("run_id", keep="last")
    last = last[last["verdict"] != "control"]
    of_all = last.groupby(["arch", "variant"])[["train_s", "eval_s"]].mean().sum()
    checkpoints = table["checkpoint"].max()
    total = seeds * float(of_all["train_s"] + of_all["eval_s"] * checkpoints) / workers
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if total >= 1.5 * size:
            return f"{total / size:.0f} {unit}"
    return "a minute"
