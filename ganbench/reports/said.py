"""What a run shows in sentences, for the terminal, the page and notebooks."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ganbench.experiment.records import QuantityInfo
from ganbench.reports.findings import aa_sentences, findings, limits_of
from ganbench.reports.headline import headline, next_run, together
from ganbench.reports.leaderboard import is_control, learned
from ganbench.reports.tables import ranking


def sentences(
    board: pd.DataFrame, table: pd.DataFrame, primary: str, known: Mapping[str, QuantityInfo]
) -> list[str]:
    """Return sentences about one data set; the first says the most.

    Args:
        board: ``leaderboard.csv`` of it. table: its rows of ``results.csv``.
        known: the quantities in them.
    """
    first = headline(board, table, primary, known)
    if ranking(board, primary)["variant"].map(is_control).all():
        return [first]
    said = findings(board, table, primary) + aa_sentences(board, table, primary)
    said += [*limits_of(board, primary), next_run(board, table, primary, known)]
    return [first, *filter(None, said)]


def near_the_best(
    board: pd.DataFrame, table: pd.DataFrame, primary: str, known: Mapping[str, QuantityInfo]
) -> list[str] | None:
    """Return the variants that cannot be told from the best; None where seeds are too few."""
    rows = ranking(board, primary)
    rows = rows[~rows["variant"].map(is_control)]
    fine = rows[[learned(row) for row in rows.to_dict("records")]]
    return together(fine, table, primary, known) if len(fine) > 1 else []
