"""``leaderboard.csv`` from ``results.csv``."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd

from ganbench.core.files import write_parts
from ganbench.core.kinds.metric import shortfall
from ganbench.experiment.more_measured import MoreMeasured
from ganbench.experiment.records import CONTROL, QuantityInfo, Record
from ganbench.experiment.screening import is_screening
from ganbench.experiment.store import Store
from ganbench.reports._csv import csv_parts
from ganbench.reports.equal import AXES, read_at
from ganbench.reports.last_values import ENDS, OF_SEEDS, PART, last_values
from ganbench.reports.results import results
from ganbench.reports.verdicts import VERDICTS
from ganbench.stats.aggregate import iqm, median
from ganbench.stats.bootstrap import interval
from ganbench.stats.compare import against, ranks
from ganbench.stats.noise import pooled_noise, within_noise_of_best

LEADERBOARD_COLUMNS = """
    protocol_id dataset arch variant batch hyper_id metric n_seeds n_learned n_collapsed
    n_not_learned n_diverged n_failed median iqm mean sd ci_low ci_high best last_over_best band
    rank rank_low rank_high p_vs_baseline g_steps train_s train_cpu_s params_g params_d d_norm
""".split()

SHARED = ["dataset", "batch", "hyper_id", "params_g", "params_d", "d_norm"]

BASELINE = "ns"
DRAWS = 2_000  # of the bootstrap: the ends of an interval are known to 3 % of its half width


def quantities(
    records: Sequence[Record], more: Sequence[MoreMeasured] = ()
) -> dict[str, QuantityInfo]:
    """Return every quantity of ``records`` and of ``more``, in the order of their metrics."""
    known: dict[str, QuantityInfo] = {}
    for found in [r.quantities for r in records] + [m.protocol.quantities for m in more]:
        for key, quantity in found.items():
            known.setdefault(key, quantity)
    return known


def _aggregate(seeds: pd.DataFrame) -> dict[str, Any]:
    """Return the aggregates of one (protocol, quantity, arch, variant) over its seeds."""
    last, best, ratio, ok = (seeds[key].to_numpy() for key in ("last", "best", "ratio", "ok"))
    fine = last[ok]
    low, high = interval(last, draws=DRAWS) if len(last) > 1 else (math.nan, math.nan)
    counts = Counter(seeds["verdict"])
    return {
        "n_seeds": len(last),
        **{f"n_{verdict.replace(' ', '_')}": counts[verdict] for verdict in VERDICTS},
        "median": float(median(last)),
        "iqm": float(iqm(last)),
        "mean": float(fine.mean()) if len(fine) else math.nan,
        "sd": float(fine.std(ddof=1)) if len(fine) > 1 else math.nan,
        "ci_low": low,
        "ci_high": high,
        "best": float(median(best)),
        "last_over_best": float(median(ratio[ok])) if len(fine) else math.nan,
        **{key: seeds[key].iloc[0] for key in ENDS},
        "values": last,
    }


def leaderboard(table: pd.DataFrame, known: Mapping[str, QuantityInfo]) -> pd.DataFrame:
    """Return one row per protocol, arch, variant and quantity, best first.

    ``median``, ``iqm``, its 95 % interval ``ci_low``-``ci_high``, ``best`` and the ranks count a
    failed seed at the quantity's worst value; ``mean`` and ``sd`` are of the finished seeds.
    ``best`` is the median over seeds of the best checkpoint. One seed alone has no interval.

    Only variants of which most seeds have learned are ranked, by median, equal medians sharing a
    rank; a control is not, and stands where its median places it. In a screening nobody is: those
    of which most seeds have learned are in band 1, if the noise between seeds does not tell them
    from the best, or in band 2; all others but controls are in band 3. ``p_vs_baseline`` is
    against ``ns`` on the same arch, and empty where so few seeds cannot reach 0.05.

    A quantity that is best at its floor is placed by its distance from it.

    Args:
        table: in the columns of ``results.csv``.
        known: the quantities in it.
    """
    rows = []
    shared = table.drop_duplicates(PART, keep="last").set_index(PART)[SHARED].to_dict("index")
    floors = table.drop_duplicates(PART[:2]).set_index(PART[:2])["floor"].to_dict()
    for (protocol, metric), group in last_values(table, known).groupby(PART[:2], sort=False):
        info, floor = known[metric], floors[protocol, metric]
        parts = []
        for names, own in group.groupby(PART[2:], sort=False):
            named = dict(zip(PART, (protocol, metric, *names), strict=True))
            parts.append(named | shared[tuple(named.values())] | _aggregate(own))
        _place(parts, info, floor)
        for arch in {part["arch"] for part in parts}:
            _test(parts, arch)
        rows += sorted(parts, key=lambda part: _order(part, info, floor))
    return pd.DataFrame(rows, columns=LEADERBOARD_COLUMNS)


def is_control(variant: str) -> bool:
    """Return whether results call a control ``variant``."""
    return variant.startswith(CONTROL)


def learned(part: Mapping[str, Any]) -> bool:
    """Return whether most seeds of a row of the leaderboard have learned."""
    return bool(part["n_learned"] > part["n_seeds"] / 2)


def _order(part: Mapping[str, Any], info: QuantityInfo, floor: float) -> tuple[bool, float]:
    """Return the key of the table's order: who has learned and controls, then others; by median.

    So no variant stands above a control that beats it.
    """
    value = shortfall(part["median"], floor, info.target)
    return not learned(part) and not is_control(part["variant"]), value


def screening(parts: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether rows of one protocol and quantity allow bands only."""
    trained = [part for part in parts if not is_control(part["variant"])]
    steps = [part["g_steps"] for part in trained if not math.isnan(part["g_steps"])]
    return is_screening(min((p["n_seeds"] for p in trained), default=0), min(steps, default=0))


def _place(parts: list[dict[str, Any]], info: QuantityInfo, floor: float) -> None:
    """Fill in the ranks, or in a screening the bands."""
    to_floor, higher = info.target == "floor", info.target == "higher"

    def compared(values: Any) -> Any:
        return shortfall(values, floor, info.target) if to_floor else values

    empty = dict.fromkeys(("band", "rank", "rank_low", "rank_high"), math.nan)
    for part in parts:
        part |= empty | {"p_vs_baseline": math.nan}
    placed = [p for p in parts if learned(p) and not is_control(p["variant"])]
    if screening(parts):
        noise = pooled_noise([compared(p["values"]) for p in placed])
        for part in parts:
            if not is_control(part["variant"]):
                part["band"] = 2 if learned(part) else 3
        if noise and placed:
            medians = compared(np.array([p["median"] for p in placed]))
            near = within_noise_of_best(medians, higher, noise)
            for part, first in zip(placed, near, strict=True):
                part["band"] = 1 if first else 2
    elif placed:
        for part, (rank, low, high) in zip(
            placed, ranks([compared(p["values"]) for p in placed], higher), strict=True
        ):
            part |= {"rank": rank, "rank_low": low, "rank_high": high}


def _test(parts: list[dict[str, Any]], arch: str) -> None:
    """Fill in ``p_vs_baseline`` of the variants on one arch."""
    same = [p for p in parts if p["arch"] == arch and not is_control(p["variant"])]
    base = [part for part in same if part["variant"] == BASELINE]
    others = [part for part in same if part["variant"] != BASELINE]
    if base and others:
        values = against(base[0]["values"], [part["values"] for part in others])
        for part, value in zip(others, values, strict=True):
            part["p_vs_baseline"] = value


def read(path: Path | IO[str]) -> pd.DataFrame:
    """Return a CSV of ours with the very float64 values that were written.

    Hashes are text, also those that look like numbers.
    """
    hashes = ("protocol_id", "hyper_id", "dataset_sha256", "git_sha")
    return pd.read_csv(path, dtype=dict.fromkeys(hashes, str))


def first_protocols(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of one protocol of each quantity: the run's own, or the first measured later.

    Args:
        table: ``results.csv`` or ``leaderboard.csv``, where the run's own stands first.
    """
    first = table.groupby(["dataset", "metric"], sort=False)["protocol_id"].transform("first")
    return table[table["protocol_id"] == first]


def of_protocols(table: pd.DataFrame, protocols: Iterable[str]) -> pd.DataFrame:
    """Return the rows of these protocols, in their order."""
    place = table["protocol_id"].map({name: i for i, name in enumerate(protocols)})
    return table.loc[place.dropna().sort_values(kind="stable").index]


def write(
    store: Store, records: Sequence[Record], more: Sequence[MoreMeasured] = ()
) -> tuple[pd.DataFrame, pd.DataFrame, list[Path]]:
    """Write the tables of a run directory.

    Args:
        records: of the directory. more: what was measured of them later, at the end only.

    Returns:
        ``results.csv``, ``leaderboard.csv``, and every file: the leaderboard at equal generator
        updates, and those at equal images and equal seconds.
    """
    table = results(records, more)
    known = quantities(records, more)
    board = leaderboard(table, known)
    written = {"results.csv": table, "leaderboard.csv": board}
    curves = first_protocols(table)[[*PART, *SHARED, *OF_SEEDS, "run_id", "images_seen"]]
    for axis in ("images", "seconds"):
        if curves[AXES[axis]].notna().any():
            read, _ = read_at(curves, axis)
            written[f"leaderboard-at-equal-{axis}.csv"] = leaderboard(read, known)
    for name, content in written.items():
        write_parts(store.out / name, csv_parts(content))
    return table, board, [store.out / name for name in written]
