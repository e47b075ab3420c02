"""``two-levels.csv``: what seeds and what samples make of the spread of one number.

Made of ``ganbench measure OUT --draws D``: the kept model of each finished seed, measured on D sets
of its samples. The held-out side is the same in all. Intervals are of 95 %, of an IQM over seeds:
``seeds_low``, ``seeds_high`` if other seeds had been trained, ``samples_low``, ``samples_high`` if
the same models had been measured on other samples. Seeds that failed have no model and no row.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ganbench.core.errors import UsageError
from ganbench.experiment.evaluation_draws import EvaluationDraws
from ganbench.experiment.records import Record
from ganbench.stats.two_levels import two_levels

FILE = "two-levels.csv"
COLUMNS = [
    *"dataset arch variant metric protocol_id n_seeds n_draws iqm".split(),
    *"seeds_low seeds_high samples_low samples_high".split(),
    *"sd_seeds sd_samples share_of_samples".split(),
]


def levels(records: Sequence[Record], draws: Sequence[EvaluationDraws]) -> pd.DataFrame:
    """Return a row for each arch, variant and quantity that was measured on several samples.

    The metrics of the run come first, in its order.
    """
    order = {metric: k for k, metric in enumerate(records[0].protocols)} if records else {}
    draws = sorted(draws, key=lambda own: order.get(own.metric, len(order)))
    of_run = {record.run_id: record for record in records}
    groups: dict[tuple[str, ...], list[list[float]]] = {}
    for own in draws:
        if record := of_run.get(own.run_id):
            training = record.training
            for key, values in own.values.items():
                row = (training.dataset, record.arch, training.variant, key, own.protocol_id)
                groups.setdefault(row, []).append(values)
    rows = []
    for name, seeds in groups.items():
        n_draws = min(map(len, seeds))
        found = two_levels(np.array([values[:n_draws] for values in seeds]))
        rows.append(
            (*name, len(seeds), n_draws, found.value, *found.over_seeds, *found.over_samples,
             found.sd_seeds, found.sd_samples, found.share_of_samples)
        )  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def read(out: Path) -> pd.DataFrame:
    """Return the table of a run directory.

    Raises:
        UsageError: it has none.
    """
    path = out / FILE
    if not path.exists():
        raise UsageError(f"{out} has no {FILE}: no seed has a model that could be measured")
    return pd.read_csv(path, dtype={"protocol_id": str})


def sentences(table: pd.DataFrame) -> list[str]:
    """Return what the table shows in words: one sentence for each quantity."""
    said = []
    for metric, own in table.groupby("metric", sort=False):
        share = own["share_of_samples"].median()
        if pd.isna(share):
            continue
        wider = (own["samples_high"] - own["samples_low"]) / (own["seeds_high"] - own["seeds_low"])
        said.append(
            f"{metric}: the evaluation's samples make {100 * share:.0f} % of the variance between "
            f"values, in the median of {len(own)} variants, seeds the rest; an interval over "
            f"samples is {wider.median():.2f} times as wide as one over seeds."
        )
    return said
