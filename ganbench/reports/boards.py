"""The published boards: one table for each data set, from all run directories of a folder.

    TARGET/<dataset>.csv        leaderboards of all runs on this data set, each by itself
    TARGET/trainings.csv.xz     every training, a row for each checkpoint, a column a quantity
    TARGET/quarantine.csv       what was left out, and why

They are made from ``results.csv``, which ``ganbench leaderboard validate`` compares with the
records. Only what has at least 7 seeds is ranked: 7 are the fewest with which one of about 50
comparisons can be significant.
"""

from __future__ import annotations

import lzma
import math
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ganbench.core.errors import UsageError
from ganbench.core.files import write_parts
from ganbench.experiment.records import QuantityInfo, file_name
from ganbench.experiment.store import Store
from ganbench.reports import leaderboard
from ganbench.reports._csv import csv_parts
from ganbench.reports.results import results
from ganbench.reports.row_checks import flawed_variants

LEAST_SEEDS = 7
RANKS = ["rank", "rank_low", "rank_high", "p_vs_baseline"]
OF_TRAINING = """
    run run_id variant dataset arch seed status verdict hyper_id batch checkpoint g_steps d_steps
    images_seen train_s train_cpu_s params_g params_d d_norm backend dtype hardware
    ganbench_version git_sha
""".split()


class Boards(NamedTuple):
    """What was built: rows by data set, what was left out, and the files."""

    boards: dict[str, pd.DataFrame]
    quarantine: pd.DataFrame
    written: list[Path]


def run_folders(root: Path) -> list[Path]:
    """Return the run directories in ``root``, or ``root`` itself if it is one.

    Raises:
        UsageError: there are none.
    """
    places = [root, *sorted(path for path in root.glob("*") if path.is_dir())]
    found = [path for path in places if (path / "records").is_dir()]
    if not found:
        raise UsageError(f"there is no run directory in {root}")
    return found


def rows_of(folder: Path) -> tuple[pd.DataFrame, dict[str, QuantityInfo], dict[str, float]]:
    """Return ``results.csv`` of a run directory, its quantities and the spread of their floors.

    Raises:
        UsageError: the table is damaged or lacks columns.
    """
    store = Store(folder)
    first = store.first_record()
    if first is None:
        raise UsageError(f"there are no records of a run in {folder}")
    more = store.more()
    known = leaderboard.quantities([first], more)
    spreads = {k: sd for m in more for k, sd in m.floor_sds.items()} | first.floor_sds
    path = next(
        (p for p in map(folder.joinpath, ("results.csv", "results.csv.xz")) if p.exists()), None
    )
    if path is None:
        return results(store.records(curves=False), more), known, spreads
    try:
        table = leaderboard.read(path)
        missing = set(OF_TRAINING) - {"run"} - set(table)
    except (ValueError, OSError, EOFError, lzma.LZMAError) as error:
        raise UsageError(f"{path} is damaged ({error})") from None
    if missing:
        raise UsageError(f"{path} lacks the columns {', '.join(sorted(missing))}")
    return table, known, spreads


def board_of(table: pd.DataFrame, known: Mapping[str, QuantityInfo], run: str) -> pd.DataFrame:
    """Return the leaderboard of one run and data set, ranked among what has enough seeds."""
    seeds = table.groupby(["arch", "variant"])["seed"].transform("nunique")
    controls = table["variant"].str.startswith(leaderboard.CONTROL)
    parts = []
    for enough, rows in table.groupby(seeds.ge(LEAST_SEEDS) | controls, sort=False):
        board = leaderboard.leaderboard(rows, known)
        if not enough:
            board[RANKS] = math.nan
        parts.append((not enough, board))
    board = pd.concat([board for _, board in sorted(parts, key=lambda part: part[0])])
    board.insert(0, "run", run)
    return board


def training_rows(table: pd.DataFrame, run: str) -> pd.DataFrame:
    """Return a row for each checkpoint of each training, its quantities as columns."""
    first = leaderboard.first_protocols(table)
    wide = first.pivot_table(
        index=["run_id", "checkpoint"], columns="metric", values="value", sort=False
    ).reset_index()
    shared = first.drop_duplicates(["run_id", "checkpoint"]).assign(run=run)[OF_TRAINING]
    return shared.merge(wide, on=["run_id", "checkpoint"], how="left")


def build(root: Path, target: Path) -> Boards:
    """Write the boards of all run directories in ``root`` to the folder ``target``.

    Raises:
        UsageError: there are no run directories, a table of one is damaged, or ``target`` cannot
            be written.
    """
    boards: dict[str, list[pd.DataFrame]] = {}
    left_out, trainings = [], []
    for folder in run_folders(root):
        table, known, spreads = rows_of(folder)
        flaws = flawed_variants(table, known, spreads)
        left_out.append(flaws.assign(run=folder.name))
        good = table[~table["variant"].isin(set(flaws["variant"]))]
        for dataset, own in good.groupby("dataset", sort=False):
            boards.setdefault(str(dataset), []).append(board_of(own, known, folder.name))
            trainings.append(training_rows(own, folder.name))
    tables = {name: pd.concat(parts) for name, parts in boards.items()}
    quarantine = pd.concat(left_out)[["run", "variant", "run_id", "reason"]]
    every = pd.concat(trainings) if trainings else pd.DataFrame(columns=OF_TRAINING)
    return Boards(tables, quarantine, _write(target, tables, quarantine, every))


def _write(
    target: Path, tables: dict[str, pd.DataFrame], quarantine: pd.DataFrame, every: pd.DataFrame
) -> list[Path]:
    files = {f"{file_name(name)}.csv": table for name, table in tables.items()}
    files["quarantine.csv"] = quarantine
    packed = target / "trainings.csv.xz"
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name, table in files.items():
            write_parts(target / name, csv_parts(table))
        packer = lzma.LZMACompressor(preset=3)
        write_parts(packed, (*map(packer.compress, csv_parts(every)), packer.flush()))
    except OSError as error:
        raise UsageError(f"cannot write to {target}: {error.strerror}") from None
    return [*(target / name for name in files), packed]
