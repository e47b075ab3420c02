"""Everything that a run directory shows: CSV files and plots, from its records only."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from ganbench.core.errors import UsageError
from ganbench.core.files import write_bytes, write_parts
from ganbench.experiment.protocols import entries, of_one_budget, refuse_mixed
from ganbench.experiment.records import QuantityInfo, Record
from ganbench.experiment.store import Store
from ganbench.reports import leaderboard, plots, samples, two_levels
from ganbench.reports._csv import csv_parts
from ganbench.reports.html.data import page_data
from ganbench.reports.html.page import write_page
from ganbench.reports.literature import literature_values
from ganbench.reports.stability import calm, stability


class Built(NamedTuple):
    """The tables of a run directory, what they show in sentences, and every file written."""

    results: pd.DataFrame
    leaderboard: pd.DataFrame
    quantities: dict[str, QuantityInfo]
    written: list[Path]
    amount: tuple[str, int]
    primary: str
    said: list[str]


def run_names(records: list[Record]) -> dict[str, str]:
    """Return the name of each run in plots: its variant, and its arch where there are several."""
    several = len({r.arch for r in records}) > 1
    return {
        r.run_id: f"{r.training.variant} · {r.arch}" if several else r.training.variant
        for r in records
    }


def build(
    store: Store,
    dataset: str | None,
    amount: tuple[str, int] | None = None,
    pictures: bool = True,
    page: Path | None = None,
    alone: bool = False,
) -> Built:
    """Write the CSV files, the plots and the page of ``dataset``'s records of one budget.

    Args:
        dataset: that of ``plan.json``, or of the first record, if None.
        amount: ``Training.amount``; that of most records in the directory if None.
        pictures: draw plots and grids of samples.
        page: where the page goes; ``report.html`` of the directory if None.
        alone: the page leaves out the other data sets of the directory.

    Raises:
        UsageError: the records mix protocols, or none is of ``dataset``.
    """
    calms: dict[str, tuple[float, float]] = {}

    def note(record: Record) -> None:
        calms[record.run_id] = calm(record)

    every = store.records(curves=False, visit=note)
    found = list(dict.fromkeys(r.training.dataset for r in every))
    if dataset is None:
        planned = (store.plan() or {}).get("dataset")
        dataset = planned if planned in found else found[0]
    datasets = list(dict.fromkeys([dataset, *found]))
    if dataset not in found:
        raise UsageError(
            f"{store.out} has no records of {dataset}: only of {', '.join(found) or 'nothing'}"
        )
    all_records = of_one_budget(every, dataset, amount)
    records = [r for r in all_records if r.training.dataset == dataset]
    refuse_mixed(entries(records))
    more = store.more()
    table, board, written = leaderboard.write(store, all_records, more)
    own = {record.run_id for record in records}
    known = leaderboard.quantities(records, [m for m in more if m.run_id in own])
    if any(not record.training.control for record in records):
        written.append(store.out / "stability.csv")
        write_parts(written[-1], csv_parts(stability(records, calms=calms, more=more)))
    repeated = two_levels.levels(records, store.draws())
    if len(repeated):
        written.append(store.out / two_levels.FILE)
        write_parts(written[-1], csv_parts(repeated))
    papers = literature_values(dataset, sorted({r.training.variant for r in records}))
    if len(papers):
        written.append(store.out / "published.csv")
        write_bytes(written[-1], papers.to_csv(index=False).encode())
    if pictures:
        written += _all_pictures(store, records, table, board, known)
    shown = page_data(store, all_records, more, table, board, datasets[:1] if alone else datasets)
    written.append(write_page(page or store.out / "report.html", shown))
    first, own_page = records[0], shown["datasets"][0]
    said = [own_page["lead"], *own_page["said"]]
    return Built(table, board, known, written, first.training.amount, first.primary, said)


def _all_pictures(
    store: Store,
    records: list[Record],
    table: pd.DataFrame,
    board: pd.DataFrame,
    known: dict[str, QuantityInfo],
) -> list[Path]:
    """Draw every plot and every grid of samples of the ``records`` of one data set."""
    dataset, names = records[0].training.dataset, run_names(records)
    shown = plots.shown_of(
        records,
        leaderboard.first_protocols(table[table["dataset"] == dataset]),
        leaderboard.first_protocols(board[board["dataset"] == dataset]),
        known,
        names,
    )
    plots.style()
    written = plots.write_all(store, shown, records, names)
    return written + _sample_pictures(store, records, names, shown)


def _sample_pictures(
    store: Store, records: list[Record], names: dict[str, str], shown: plots.Shown
) -> list[Path]:
    """Draw one sheet of all variants, and a grid for each."""
    primary, modes, order = shown.primary, records[0].modes, shown.order
    centers = None if modes is None else np.array(modes)
    of_name = {name: [r for r in records if names[r.run_id] == name] for name in order}
    finished = {
        name: samples.finished(store, of_name[name], primary)
        for name in dict.fromkeys(shown.real() + order)
    }
    if not any(finished.values()):
        return []
    sheet = samples.sheet(finished, shown, centers)
    written = plots.save(sheet, store.out / "plots" / "samples")
    for name, own in of_name.items():
        if finished[name]:
            failed = sum(record.status != "ok" for record in own)
            title = name + (f" ({failed} failed)" if failed else "")
            stem = samples.picture_stem(own[0])
            picture = samples.grid(finished[name], primary, title, centers, shown.caption())
            written += plots.save(picture, store.out / "samples" / stem, kinds=("png",))
    return written
