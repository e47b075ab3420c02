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
    """Return a row for each arch, variant and quantity that was measured on several samples."""
    of_run = {own.run_id: own for own in draws}
    groups: dict[tuple[str, str, str], list[tuple[Record, EvaluationDraws]]] = {}
    for record in records:
        if own := of_run.get(record.run_id):
            for key in own.values:
                name = (record.arch, record.training.variant, key)
                groups.setdefault(name, []).append((record, own))
    rows = []
    for (arch, variant, key), pairs in groups.items():
        n_draws = min(len(own.values[key]) for _, own in pairs)
        values = np.array([own.values[key][:n_draws] for _, own in pairs])
        found = two_levels(values)
        metric = _metric_of(pairs[0][0], key)
        rows.append(
            (pairs[0][0].training.dataset, arch, variant, key,
             pairs[0][1].protocols.get(metric, ""), len(pairs), n_draws, found.value,
             *found.over_seeds, *found.over_samples, found.sd_seeds, found.sd_samples,
             found.share_of_samples)
        )  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def _metric_of(record: Record, key: str) -> str:
    """Return the metric that yields a quantity, as the record says; empty if it does not."""
    owners = (name for name, p in record.protocols.items() if key in p.quantities)
    return next(owners, "")


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
