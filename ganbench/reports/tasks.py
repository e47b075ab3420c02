"""``tasks/<task>.csv`` and ``.png``: what trained generators are good for, beside what needs none.

A row of the table is one quantity of one variant, or of one baseline (``baseline:NAME``): the
number of seeds, median, interquartile mean and its 95 % interval over seeds, as in
``leaderboard.csv``, best first. A seed that failed counts at the quantity's worst value.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from ganbench.core.files import whole_array, write_parts
from ganbench.core.kinds import Task
from ganbench.core.kinds.metric import shortfall
from ganbench.experiment.store import Store
from ganbench.experiment.task_runs import BaselineAnswer, PlannedTask
from ganbench.reports._csv import csv_parts
from ganbench.reports.plots import _style
from ganbench.reports.plots._page import Page, name_margin
from ganbench.reports.samples import tile
from ganbench.reports.tables import number
from ganbench.stats.aggregate import iqm, median
from ganbench.stats.bootstrap import interval

BASELINE = "baseline:"
COLUMNS = (
    "task protocol_id dataset arch variant metric n_seeds n_failed median iqm ci_low ci_high"
).split()
CELL = 0.5  # inches of a picture of the sheet


def _row(values: Sequence[float]) -> dict[str, float]:
    """Return the aggregates of the values of all seeds."""
    array = np.array(values)
    known = len(array) > 1 and np.isfinite(array).all()
    low, high = interval(array) if known else (np.nan, np.nan)
    return {"median": float(median(array)), "iqm": float(iqm(array)), "ci_low": low,
            "ci_high": high}  # fmt: skip


class TaskResult(NamedTuple):
    """What came out of a task: the table, what it shows in words, files, units that failed."""

    table: pd.DataFrame
    said: list[str]
    written: list[Path]
    failed: list[str]


def table(planned: PlannedTask, store: Store, baselines: Sequence[BaselineAnswer]) -> pd.DataFrame:
    """Return a row for each quantity and each variant or baseline, best first."""
    task, protocol, records = planned.task, planned.protocol, planned.records
    more = {m.run_id: m for m in store.more() if m.protocol.protocol_id == protocol.protocol_id}
    rows = []
    for quantity in task.quantities:
        own = []
        named: dict[tuple[str, str], list[tuple[float, bool]]] = {}
        for record in records:
            done = record.status == "ok"
            if done and record.run_id not in more:
                continue  # it failed at the task: told elsewhere
            value = more[record.run_id].values.get(quantity.key) if done else quantity.worst
            if value is not None:
                key = (record.training.variant, record.arch)
                named.setdefault(key, []).append((value, not done))
        for answer in baselines:
            if quantity.key in answer.values:
                key = (BASELINE + answer.baseline, "")
                named.setdefault(key, []).append((answer.values[quantity.key], False))
        for (variant, arch), found in named.items():
            own.append({
                "task": task.name, "protocol_id": protocol.protocol_id,
                "dataset": records[0].training.dataset, "arch": arch, "variant": variant,
                "metric": quantity.key, "n_seeds": len(found),
                "n_failed": sum(failed for _, failed in found),
                **_row([value for value, _ in found]),
            })  # fmt: skip
        target = protocol.quantities[quantity.key].target
        rows += sorted(own, key=lambda row: float(shortfall(row["median"], 0.0, target)))
    return pd.DataFrame(rows, columns=COLUMNS)


def sentences(found: pd.DataFrame, task: Task) -> list[str]:
    """Return what the table shows in words: a sentence for each quantity of the headline."""
    said = []
    for quantity in filter(lambda quantity: quantity.headline, task.quantities):
        own = found[found["metric"] == quantity.key]
        trained = own[~own["variant"].str.startswith(BASELINE)]
        simple = own[own["variant"].str.startswith(BASELINE)]
        if not len(trained):
            continue
        best = trained.iloc[0]
        said.append(
            f"{quantity.label or quantity.key}: {best['variant']} is best with "
            f"{_with_interval(best)}{_beside(trained, simple, quantity.higher_is_better)}."
        )
    return said


def _with_interval(row: pd.Series) -> str:
    text = number(row["median"])
    if np.isfinite(row["ci_low"]):
        text += f" [{number(row['ci_low'])}, {number(row['ci_high'])}]"
    return text


def _beside(trained: pd.DataFrame, simple: pd.DataFrame, higher: bool) -> str:
    """Return how many variants' whole intervals are on the better side of each baseline."""
    parts = []
    for row in simple.itertuples():
        ends = trained["ci_low"] > row.median if higher else trained["ci_high"] < row.median
        name = row.variant.removeprefix(BASELINE)
        parts.append(f"{int(ends.sum())} of {len(trained)} beat {name} ({number(row.median)})")
    return "; " + ", ".join(parts) if parts else ""


def _add(rows: dict[str, np.ndarray], name: str, path: Path) -> None:
    """Add the pictures in ``path``, if they are there and whole."""
    if path.exists() and (found := whole_array(path)) is not None:
        rows[name] = found


def _pictures(planned: PlannedTask, store: Store, order: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the rows of the sheet: what is shown, baselines, variants in order."""
    task, protocol, records = planned.task, planned.protocol, planned.records
    folder, end = store.out / "tasks" / task.name, f"-{protocol.protocol_id}.npy"
    rows: dict[str, np.ndarray] = {}
    for path in sorted((folder / "baselines").glob(f"shown-*{end}")):
        name = path.name.removeprefix("shown-").removesuffix(end).replace("-", " ")
        _add(rows, name, path)
    for name in task.baselines:
        _add(rows, name, folder / "baselines" / f"{name}{end}")
    first: dict[str, np.ndarray] = {}
    for record in sorted(records, key=lambda r: r.seed):
        if record.training.variant not in first:
            _add(first, record.training.variant, folder / f"{record.run_id}{end}")
    return rows | {name: first[name] for name in order if name in first}


def sheet(rows: dict[str, np.ndarray], title: str, explained: str, caption: str) -> Page:
    """Return pictures of every row, ``{name: [n, C, H, W] uint8}``, one below the other."""
    left = name_margin(list(rows))
    most = max(len(images) for images in rows.values())
    page = Page(
        len(rows) * CELL, title, explained, caption, below=0.06, width=left + most * CELL + 0.1
    )
    for place, (name, images) in enumerate(rows.items()):
        low = (len(rows) - 1 - place) * CELL
        axis = page.panel(left, left + len(images) * CELL, low + 0.01, low + CELL - 0.01)
        axis.imshow(tile(images, len(images)).squeeze(), cmap="gray", interpolation="nearest",
                    vmin=0, vmax=255)  # fmt: skip
        axis.set_axis_off()
        height = (page.bottom + low + CELL / 2) / page.height
        page.figure.text((left - 0.06) / page.width, height, name, ha="right", va="center",
                         fontsize=6.5)  # fmt: skip
    return page


def write(
    planned: PlannedTask, store: Store, baselines: Sequence[BaselineAnswer]
) -> tuple[pd.DataFrame, list[Path]]:
    """Write the table and the sheet of a task, and return the table and the files."""
    task, records = planned.task, planned.records
    found = table(planned, store, baselines)
    path = store.out / "tasks" / f"{task.name}.csv"
    write_parts(path, csv_parts(found))
    rows = _pictures(planned, store, list(dict.fromkeys(found["variant"])))
    if not rows or any(images.ndim != 4 for images in rows.values()):
        return found, [path]
    training, seed = records[0].training, min(r.seed for r in records)
    caption = (
        f"{training.dataset} · {records[0].arch} · {training.steps:,} generator updates · "
        f"seed {seed} of each · protocol {planned.protocol.protocol_id}"
    )
    page = sheet(
        rows, f"Task {task.name}", f"{task.summary[0].upper()}{task.summary[1:]}.", caption
    )
    return found, [path, *_style.save(page.figure, path.with_suffix(""), ("png",))]
