"""``results.csv`` from records, ``leaderboard.csv`` from ``results.csv``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ganbench.core.files import write_bytes
from ganbench.experiment.records import QuantityInfo, Record
from ganbench.experiment.store import Store
from ganbench.stats.aggregate import interval, iqm, median
from ganbench.stats.compare import against, ranks

RESULT_COLUMNS = """
    schema_version run_id protocol_id suite variant dataset dataset_sha256 arch seed status
    checkpoint metric value unit higher_is_better floor n_real n_fake images_seen g_steps d_steps
    params_g params_d train_s eval_s images_per_s peak_mem_bytes device hardware threads engine
    backend dtype torch_version ganbench_version git_sha git_dirty started_at
""".split()

LEADERBOARD_COLUMNS = """
    protocol_id dataset arch variant metric n_seeds n_failed median iqm mean sd ci_low ci_high
    best last_over_best rank rank_low rank_high p_vs_baseline train_s
""".split()

BASELINE = "ns"


def _rows(record: Record) -> list[dict[str, Any]]:
    """Return the rows of one record.

    A training that did not end well has empty last values, and so has a metric that its last
    samples do not allow.
    """
    training = record.training
    common = record.model_dump(include=set(RESULT_COLUMNS))
    common |= {key: getattr(training, key) for key in ("variant", "dataset", "dtype")}
    common |= {"dataset_sha256": training.dataset_sha256, "suite": training.suite}
    measured: list[dict[str, Any]] = [m.model_dump() for m in record.measurements]
    if record.status != "ok":
        last = measured[-1] if measured else {}
        measured.append({**last, "checkpoint": training.checkpoints, "values": None})
    rows = []
    for measurement in measured:
        values = measurement.pop("values")
        lacking = measurement.pop("unmeasured", {})
        seconds, seen = measurement.get("train_s"), measurement.get("images_seen")
        speed = seen / seconds if seconds and seen else None
        for name, protocol in record.protocols.items():
            for key, quantity in protocol.quantities.items():
                if values is None or key in values or name in lacking:
                    rows.append(
                        common
                        | measurement
                        | {
                            "unit": quantity.unit,
                            "higher_is_better": quantity.higher_is_better,
                            "protocol_id": protocol.protocol_id,
                            "metric": key,
                            "value": None if values is None else values.get(key),
                            "floor": record.floors.get(key),
                            "n_real": protocol.fields["n_real"],
                            "n_fake": protocol.fields["n_fake"],
                            "images_per_s": speed,
                        }
                    )
    return rows


def quantities(records: Sequence[Record]) -> dict[str, QuantityInfo]:
    """Return every quantity of ``records``, in the order of their metrics."""
    known: dict[str, QuantityInfo] = {}
    for record in records:
        for key, quantity in record.quantities.items():
            known.setdefault(key, quantity)
    return known


def results(records: list[Record]) -> pd.DataFrame:
    """Return one row per run, checkpoint and quantity, in the columns of ``results.csv``."""
    return pd.DataFrame(
        [row for record in records for row in _rows(record)], columns=RESULT_COLUMNS
    )


def _seed_values(rows: pd.DataFrame, worst: float) -> dict[str, Any]:
    """Return one seed's last value, best checkpoint and their ratio; the worst if it failed."""
    higher = bool(rows["higher_is_better"].iloc[0])
    values = rows.sort_values("checkpoint")["value"].to_numpy(float)
    if (rows["status"] != "ok").any() or math.isnan(values[-1]):
        return {"last": worst, "best": worst, "ratio": math.nan, "ok": False}
    values = values[~np.isnan(values)]
    last, best = values[-1], values.max() if higher else values.min()
    ratio = 1.0 if last == best else (last / best if best else math.inf)
    return {"last": last, "best": best, "ratio": ratio, "ok": True}


def _aggregate(rows: pd.DataFrame, worst: float) -> dict[str, Any]:
    """Return the aggregates of one (protocol, arch, variant, quantity) over its seeds.

    Args:
        worst: the value of a seed that has none.
    """
    seeds = [_seed_values(group, worst) for _, group in rows.groupby("seed")]
    last = np.array([s["last"] for s in seeds])
    fine = np.array([s["last"] for s in seeds if s["ok"]])
    ratios = np.array([s["ratio"] for s in seeds if s["ok"]])
    low, high = interval(last) if len(last) > 1 else (math.nan, math.nan)
    times = rows.groupby("seed")["train_s"].max()
    return {
        "n_seeds": len(seeds),
        "n_failed": len(seeds) - len(fine),
        "median": float(median(last)),
        "iqm": float(iqm(last)),
        "mean": float(fine.mean()) if len(fine) else math.nan,
        "sd": float(fine.std(ddof=1)) if len(fine) > 1 else math.nan,
        "ci_low": low,
        "ci_high": high,
        "best": float(median(np.array([s["best"] for s in seeds]))),
        "last_over_best": float(median(ratios)) if len(ratios) else math.nan,
        "train_s": float(times.median()),
        "values": last,
    }


def leaderboard(table: pd.DataFrame, worst: Mapping[str, float]) -> pd.DataFrame:
    """Return one row per protocol, arch, variant and quantity, ranked within protocol and quantity.

    ``median``, ``iqm``, its 95 % interval ``ci_low``-``ci_high``, ``best`` and the ranks count a
    failed seed at the quantity's worst value; ``mean`` and ``sd`` are of the finished seeds.
    ``best`` is the median over seeds of the best checkpoint. Ranks are by median, equal medians
    sharing one; ``p_vs_baseline`` is against ``ns`` on the same arch. One seed alone has no
    interval.

    Args:
        table: in the columns of ``results.csv``.
        worst: ``{quantity: the value of a training that has none}``.
    """
    rows = []
    for (protocol, metric), group in table.groupby(["protocol_id", "metric"], sort=False):
        higher = bool(group["higher_is_better"].iloc[0])
        parts = []
        for (arch, variant), own in group.groupby(["arch", "variant"], sort=False):
            named = {"protocol_id": protocol, "dataset": own["dataset"].iloc[0], "metric": metric}
            parts.append(
                {**named, "arch": arch, "variant": variant, **_aggregate(own, worst[metric])}
            )
        placed = ranks([part["values"] for part in parts], higher)
        for part, (rank, low, high) in zip(parts, placed, strict=True):
            part |= {"rank": rank, "rank_low": low, "rank_high": high, "p_vs_baseline": math.nan}
            if part["n_seeds"] == 1:
                part |= {"rank_low": math.nan, "rank_high": math.nan}
        for arch in {part["arch"] for part in parts}:
            _test(parts, arch)
        rows += sorted(parts, key=lambda part: part["rank"])
    return pd.DataFrame(rows, columns=LEADERBOARD_COLUMNS)


def _test(parts: list[dict[str, Any]], arch: str) -> None:
    """Fill in ``p_vs_baseline`` of the variants on one arch."""
    same = [part for part in parts if part["arch"] == arch]
    base = [part for part in same if part["variant"] == BASELINE]
    others = [part for part in same if part["variant"] != BASELINE]
    if base and others:
        values = against(base[0]["values"], [part["values"] for part in others])
        for part, value in zip(others, values, strict=True):
            part["p_vs_baseline"] = value


def read(path: Path) -> pd.DataFrame:
    """Return a CSV of ours with the very float64 values that were written."""
    return pd.read_csv(path)


def write(store: Store) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write ``results.csv`` and ``leaderboard.csv`` of a run directory and return both."""
    records = store.records()
    table = results(records)
    board = leaderboard(table, {key: q.worst for key, q in quantities(records).items()})
    write_bytes(store.out / "results.csv", table.to_csv(index=False).encode())
    write_bytes(store.out / "leaderboard.csv", board.to_csv(index=False).encode())
    return table, board
