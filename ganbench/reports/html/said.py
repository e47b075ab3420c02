"""What the page says in sentences: the one place that asks for findings."""

from __future__ import annotations

import pandas as pd

from ganbench.reports.findings import aa_sentences, findings, limits_of
from ganbench.reports.leaderboard import is_control, learned
from ganbench.reports.tables import number, ranking


def sentences(board: pd.DataFrame, table: pd.DataFrame, primary: str) -> list[str]:
    """Return sentences about one data set; the first says the most.

    Args:
        board: ``leaderboard.csv`` of it. table: its rows of ``results.csv``.
    """
    rows = ranking(board, primary)
    trained = rows[~rows["variant"].map(is_control)]
    if trained.empty:
        return ["Only controls were measured here: no variant was trained."]
    said = findings(board, table, primary) + aa_sentences(board, table, primary)
    return [_first(trained, primary), *said, *limits_of(board, primary)]


def _first(trained: pd.DataFrame, primary: str) -> str:
    """Return the sentence that somebody reads who reads only one."""
    dataset, n = trained["dataset"].iloc[0], len(trained)
    fine = trained[[learned(row) for row in trained.to_dict("records")]]
    if fine.empty:
        who = f"none of {n} variants has" if n > 1 else f"{trained['variant'].iloc[0]} has not"
        return f"On {dataset}, {who} learned in most of its seeds."
    best = fine.iloc[0]
    near = int(((fine["band"] == 1) | (fine["rank_low"] == 1)).sum()) - 1
    told = f"{near} others cannot be told from it" if near > 0 else "nobody comes near it"
    told = "one other cannot be told from it" if near == 1 else told
    if best["n_seeds"] == 1 and near <= 0:
        told = "one seed does not tell whether that is chance"
    return (
        f"On {dataset}, {best['variant']} has the best {primary}, {number(best['median'])}; "
        f"{told}. {len(fine)} of {n} variants have learned in most of their seeds."
    )
