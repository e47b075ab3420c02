"""The last and the best value of every seed, from ``results.csv``."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from ganbench.core.kinds.metric import shortfall
from ganbench.experiment.records import QuantityInfo

PART = ["protocol_id", "metric", "arch", "variant"]  # what a row of the leaderboard is of
ENDS = ["g_steps", "train_s", "train_cpu_s"]  # how far a training went, and how long it took
OF_SEEDS = ["seed", "checkpoint", "status", "verdict", "value", "floor", *ENDS]


def _distances(table: pd.DataFrame, known: Mapping[str, QuantityInfo]) -> np.ndarray:
    """Return how far each value is from the best possible one of its quantity (``shortfall``)."""
    distances, floors = (table[column].to_numpy(float, copy=True) for column in ("value", "floor"))
    for metric, rows in table.groupby("metric", sort=False).indices.items():
        distances[rows] = shortfall(distances[rows], floors[rows], known[metric].target)
    return distances


def last_values(table: pd.DataFrame, known: Mapping[str, QuantityInfo]) -> pd.DataFrame:
    """Return one row for each seed of each (protocol, quantity, arch, variant), in their order.

    That is the row of its last checkpoint, with the seed's ``last`` and ``best`` value and their
    ``ratio``; ``ok`` says whether it has a last value, and it has the worst one if not. ``ENDS``
    are medians over the seeds.
    """
    part = table.groupby(PART, sort=False).ngroup()
    seed = table.assign(part=part).groupby(["part", "seed"], sort=True).ngroup().to_numpy()
    rows = np.lexsort((table["checkpoint"], seed))
    starts = np.flatnonzero(np.diff(seed[rows], prepend=-1))
    final = rows[np.append(starts[1:], len(rows)) - 1]
    nearest = np.lexsort((_distances(table, known), seed))[starts]
    seeds = table[[*PART, *OF_SEEDS]].iloc[final].assign(part=part.iloc[final])
    last, best = (table["value"].iloc[places].to_numpy(float) for places in (final, nearest))
    ok = (seeds["status"] == "ok").to_numpy() & ~np.isnan(last)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(last == best, 1.0, np.where(best == 0, math.inf, last / best))
    worst = seeds["metric"].map({key: info.worst for key, info in known.items()})
    last, best = (np.where(ok, values, worst) for values in (last, best))
    ends = {key: np.fmax.reduceat(table[key].to_numpy(float)[rows], starts) for key in ENDS}
    seeds = seeds.assign(ok=ok, last=last, best=best, ratio=ratio, **ends)
    return seeds.assign(**seeds.groupby("part")[ENDS].transform("median"))
