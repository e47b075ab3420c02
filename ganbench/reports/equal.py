"""The same curves read at equal generator updates, equal images or equal seconds.

Between two checkpoints the value is interpolated linearly in its logarithm (linearly where it is
not positive); never beyond them.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

AXES = {"g_steps": "g_steps", "images": "images_seen", "seconds": "train_cpu_s"}


def _interpolated(x: np.ndarray, values: np.ndarray, at: float) -> float:
    """Return the value at ``at`` of a curve with increasing ``x``; NaN beyond it."""
    if not x[0] <= at <= x[-1]:
        return math.nan
    if (values > 0).all():
        return float(np.exp(np.interp(at, x, np.log(values))))
    return float(np.interp(at, x, values))


def common_point(table: pd.DataFrame, axis: str) -> float:
    """Return the largest place on ``axis`` that every finished training has reached.

    Args:
        table: rows of ``results.csv``. axis: one of ``AXES``.
    """
    finished = (table["status"] == "ok") & (table["verdict"] != "control")
    trained = table[finished & table["value"].notna()]
    return float(trained.groupby("run_id")[AXES[axis]].max().min())


def with_curves(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the metrics that were measured at more checkpoints than one.

    Where no metric was, all rows are returned.
    """
    trained = table[table["verdict"] != "control"]
    points = trained.groupby(["metric", "run_id"])["checkpoint"].nunique().groupby("metric").max()
    once = points[(points == 1) & (points.max() > 1)].index
    return table[~table["metric"].isin(once)]


def read_at(table: pd.DataFrame, axis: str) -> tuple[pd.DataFrame, list[str]]:
    """Return ``table`` with every curve cut at the common point of ``axis``.

    Returns:
        The rows of the checkpoints before that point, with one interpolated row at it for each run
        and metric; controls and trainings that broke off as they are. And the variants that are
        left out, because their first checkpoint lies beyond it. Metrics of the last checkpoint
        have no curve, and no rows.
    """
    table = with_curves(table)
    column, point = AXES[axis], common_point(table, axis)
    curves = ((table["status"] == "ok") & (table["verdict"] != "control")).to_numpy()
    group = table.groupby(["run_id", "metric"], sort=False).ngroup().to_numpy()
    x, values = table[column].to_numpy(float), table["value"].to_numpy(float)
    usable = np.flatnonzero(curves & ~np.isnan(x + values))
    usable = usable[np.lexsort((x[usable], group[usable]))]
    kept = [np.flatnonzero(~curves)]  # and of each curve the rows before the point, and one at it
    read: list[float] = []  # the values there
    for own in np.split(usable, np.flatnonzero(np.diff(group[usable])) + 1):
        if len(own) and x[own[0]] <= point:
            before = int(np.searchsorted(x[own], point))
            kept.append(np.append(own[:before], own[min(before, len(own) - 1)]))
            read.append(_interpolated(x[own], values[own], point))
    rows = np.concatenate(kept)
    ends = np.cumsum([len(own) for own in kept])[1:] - 1
    x, values = x[rows], values[rows]
    x[ends], values[ends] = point, read
    left_out = table["variant"][curves & ~np.isin(group, group[rows])]
    return table.iloc[rows].assign(**{"value": values, column: x}), sorted(set(left_out))
