"""Who is better than whom, by how much, and how sure that is.

Each row compares two variants on one quantity: Mann and Whitney's test on the last values of all
seeds, corrected by Holm over all rows of a table; the difference by Hodges and Lehmann with its own
95 % interval, which is not corrected; and the least difference that so many seeds show in 4 of 5
comparisons, corrected as strictly as the first of Holm's steps.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ganbench.core.errors import UsageError, unknown
from ganbench.core.kinds.metric import shortfall
from ganbench.experiment.records import QuantityInfo
from ganbench.reports.equal import AXES, read_at
from ganbench.reports.last_values import last_values
from ganbench.reports.leaderboard import BASELINE, first_protocols, is_control, quantities
from ganbench.reports.merge import merged
from ganbench.reports.results import results
from ganbench.stats.aggregate import Values, median
from ganbench.stats.compare import ALPHA, corrected
from ganbench.stats.noise import pooled_noise
from ganbench.stats.profiles import improvement_interval, probability_of_improvement
from ganbench.stats.shift import detectable, hodges_lehmann

COLUMNS = """
    dataset protocol_id metric at arch variant other n_seeds n_other median median_other scale
    difference low high p_better p_better_low p_better_high p tests detectable verdict
""".split()


def compare(
    outs: str | Path | Sequence[str | Path],
    baseline: str | None = None,
    metric: str | None = None,
    at: str = "g_steps",
    dataset: str | None = None,
    variants: Sequence[str] = (),
    pairs: bool = False,
) -> pd.DataFrame:
    """Return the comparison of variants in one or more run directories, best first.

    Args:
        outs: run directories; several are read as one run.
        baseline: the variant that all others are compared with; ``ns`` if it is there, else the
            first by median.
        metric: the quantity; the primary one if None.
        at: equal ``g_steps``, ``images`` or ``seconds``.
        dataset: where there are several.
        variants: only these; all if empty.
        pairs: compare every variant with every other one.

    Raises:
        UsageError: directories that do not go together, or unknown names.
    """
    given = [outs] if isinstance(outs, str | Path) else list(outs)
    records, more = merged(given, dataset)
    known = quantities(records, more)
    metric = metric or records[0].primary
    if metric not in known:
        raise unknown("metric", metric, list(known))
    if at not in AXES:
        raise unknown("axis", at, list(AXES))
    table = first_protocols(results(records, more))
    table = table[table["metric"] == metric]
    if at != "g_steps":
        table, left_out = read_at(table, at)
        missing = sorted({*variants, *([baseline] if baseline else [])} & set(left_out))
        if missing:
            raise UsageError(
                f"{', '.join(missing)}: first measured after the {at} that all have reached"
            )
    return comparison(table, known, baseline, at, variants, pairs)


def comparison(
    table: pd.DataFrame,
    known: Mapping[str, QuantityInfo],
    baseline: str | None = None,
    at: str = "g_steps",
    variants: Sequence[str] = (),
    pairs: bool = False,
) -> pd.DataFrame:
    """Return the comparison of the variants in ``table``; see ``compare``.

    Args:
        table: rows of ``results.csv`` of one data set, quantity and protocol.
        known: the quantities in it.
    """
    seeds = last_values(table, known)
    present = [name for name in seeds["variant"].unique() if not is_control(name)]
    for name in [*variants, *([baseline] if baseline else [])]:
        if name not in present:
            raise unknown("variant", name, present)
    metric, protocol = seeds["metric"].iloc[0], seeds["protocol_id"].iloc[0]
    info, floor = known[metric], float(seeds["floor"].iloc[0])
    shared = {
        "dataset": table["dataset"].iloc[0], "protocol_id": protocol, "metric": metric, "at": at,
    }  # fmt: skip
    wanted = {*variants, baseline} if variants else set(present)
    rows: list[dict[str, Any]] = []
    for arch, own in seeds[seeds["variant"].isin(wanted)].groupby("arch", sort=False):
        groups = {name: g["last"].to_numpy(float) for name, g in own.groupby("variant", sort=False)}
        compared = {k: shortfall(v, floor, info.target) for k, v in groups.items()}
        order = sorted(groups, key=lambda name: float(median(compared[name])))
        for name, other in _pairs(order, baseline, pairs):
            rows.append(
                {**shared, "arch": arch, "variant": name, "other": other}
                | _sizes(groups[name], groups[other])
                | _difference(compared[name], compared[other], info)
                | {"_pair": (compared[name], compared[other])}
            )
    return _tested(rows)


def _pairs(order: Sequence[str], baseline: str | None, pairs: bool) -> list[tuple[str, str]]:
    """Return who is compared with whom, of variants in order."""
    if pairs:
        return list(itertools.combinations(order, 2))
    other = baseline or (BASELINE if BASELINE in order else next(iter(order), ""))
    return [(name, other) for name in order if name != other] if other in order else []


def _sizes(x: Values, y: Values) -> dict[str, Any]:
    return {
        "n_seeds": len(x),
        "n_other": len(y),
        "median": float(median(x)),
        "median_other": float(median(y)),
    }


def _difference(x: Values, y: Values, info: QuantityInfo) -> dict[str, Any]:
    """Return by how much ``x`` and ``y`` differ; both are placed so that lower is better.

    Positive values of a quantity that is best when low are compared by their ratio, as a share of
    the other variant's; others by their difference.
    """
    ratio = info.target == "lower" and bool((x > 0).all() and (y > 0).all())
    found = hodges_lehmann(*((np.log(x), np.log(y)) if ratio else (x, y)))
    sign = -1.0 if info.target == "higher" else 1.0
    ends = [float(np.expm1(v)) if ratio else sign * v for v in found]
    low, high = sorted(ends[1:])
    p_better = improvement_interval(x, y)
    return {
        "scale": "ratio" if ratio else "difference",
        "difference": ends[0],
        "low": low,
        "high": high,
        "p_better": probability_of_improvement(x, y),
        "p_better_low": p_better[0],
        "p_better_high": p_better[1],
    }


def _verdict(p: float, p_better: float) -> str:
    if math.isnan(p):
        return "too few seeds"
    if p >= ALPHA:
        return "no difference shown"
    return "better" if p_better > 0.5 else "worse"


def _tested(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return ``rows`` with their p-values, corrected together, and what they could have shown."""
    pairs = [row.pop("_pair") for row in rows]
    for row, p, (x, y) in zip(rows, corrected(pairs), pairs, strict=True):
        row["p"], row["tests"] = p, len(rows)
        least = detectable(min(len(x), len(y)), ALPHA / len(rows))
        noise = pooled_noise([x, y])
        if noise is None or noise.log != (row["scale"] == "ratio"):
            row["detectable"] = math.nan
        else:
            row["detectable"] = np.expm1(least * noise.sd) if noise.log else least * noise.sd
        row["verdict"] = _verdict(p, row["p_better"])
    return pd.DataFrame(rows, columns=COLUMNS)
