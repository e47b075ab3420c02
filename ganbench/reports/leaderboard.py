"""``results.csv`` from records, ``leaderboard.csv`` from ``results.csv``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ganbench.core.files import write_bytes
from ganbench.core.kinds.metric import shortfall
from ganbench.experiment.records import CONTROL, QuantityInfo, Record
from ganbench.experiment.screening import is_screening
from ganbench.experiment.store import Store
from ganbench.reports.equal import AXES, read_at
from ganbench.reports.verdicts import VERDICTS, all_verdicts
from ganbench.stats.aggregate import interval, iqm, median
from ganbench.stats.compare import against, ranks
from ganbench.stats.noise import pooled_noise, within_noise_of_best

RESULT_COLUMNS = """
    schema_version run_id protocol_id suite variant dataset dataset_sha256 arch seed status verdict
    batch hyper_id checkpoint metric value unit higher_is_better floor n_real n_fake images_seen
    g_steps d_steps params_g params_d d_norm train_s train_cpu_s load flops eval_s images_per_s
    peak_mem_bytes device hardware threads engine backend dtype torch_version ganbench_version
    git_sha git_dirty started_at
""".split()

LEADERBOARD_COLUMNS = """
    protocol_id dataset arch variant batch hyper_id metric n_seeds n_learned n_collapsed
    n_not_learned n_diverged n_failed median iqm mean sd ci_low ci_high best last_over_best band
    rank rank_low rank_high p_vs_baseline g_steps train_s train_cpu_s params_g params_d d_norm
""".split()

BASELINE = "ns"


def _rows(record: Record, verdicts: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows of one record.

    A training that did not end well has empty last values, and so has a metric that its last
    samples do not allow.

    Args:
        verdicts: one for each measurement, and one for such an end.
    """
    training = record.training
    common = record.model_dump(include=set(RESULT_COLUMNS))
    common |= {key: getattr(training, key) for key in ("variant", "dataset", "dtype")}
    common |= {"dataset_sha256": training.dataset_sha256, "suite": training.suite}
    common |= {"batch": training.batch, "hyper_id": training.hyper_id}
    common["d_norm"] = "" if training.control else training.arch_options.get("d_norm", "none")
    measured: list[dict[str, Any]] = [m.model_dump() for m in record.measurements]
    if record.status != "ok":
        last = measured[-1] if measured else {}
        measured.append({**last, "checkpoint": training.checkpoints, "values": None})
    rows = []
    for measurement, verdict in zip(measured, verdicts, strict=True):
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
                            "verdict": verdict,
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
    judged = all_verdicts(records)
    return pd.DataFrame(
        [row for record in records for row in _rows(record, judged[record.run_id])],
        columns=RESULT_COLUMNS,
    )


def _seed_values(rows: pd.DataFrame, info: QuantityInfo) -> dict[str, Any]:
    """Return one seed's last value, best checkpoint and their ratio; the worst if it failed."""
    values = rows.sort_values("checkpoint")["value"].to_numpy(float)
    if (rows["status"] != "ok").any() or math.isnan(values[-1]):
        return {"last": info.worst, "best": info.worst, "ratio": math.nan, "ok": False}
    values = values[~np.isnan(values)]
    last = values[-1]
    best = values[shortfall(values, rows["floor"].iloc[0], info.target).argmin()]
    ratio = 1.0 if last == best else (last / best if best else math.inf)
    return {"last": last, "best": best, "ratio": ratio, "ok": True}


def _aggregate(rows: pd.DataFrame, info: QuantityInfo) -> dict[str, Any]:
    """Return the aggregates of one (protocol, arch, variant, quantity) over its seeds."""
    seeds = [_seed_values(group, info) for _, group in rows.groupby("seed")]
    last = np.array([s["last"] for s in seeds])
    fine = np.array([s["last"] for s in seeds if s["ok"]])
    ratios = np.array([s["ratio"] for s in seeds if s["ok"]])
    low, high = interval(last) if len(last) > 1 else (math.nan, math.nan)
    ends = rows.groupby("seed")[["g_steps", "train_s", "train_cpu_s"]].max().median()
    return {
        "n_seeds": len(seeds),
        **_verdict_counts(rows),
        "median": float(median(last)),
        "iqm": float(iqm(last)),
        "mean": float(fine.mean()) if len(fine) else math.nan,
        "sd": float(fine.std(ddof=1)) if len(fine) > 1 else math.nan,
        "ci_low": low,
        "ci_high": high,
        "best": float(median(np.array([s["best"] for s in seeds]))),
        "last_over_best": float(median(ratios)) if len(ratios) else math.nan,
        **ends.to_dict(),
        **rows[["batch", "hyper_id", "params_g", "params_d", "d_norm"]].iloc[-1].to_dict(),
        "values": last,
    }


def _verdict_counts(rows: pd.DataFrame) -> dict[str, int]:
    """Return how many seeds have each verdict at their last checkpoint: ``n_learned`` ..."""
    last = rows.sort_values("checkpoint").groupby("seed")["verdict"].last()
    return {f"n_{v.replace(' ', '_')}": int((last == v).sum()) for v in VERDICTS}


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
    for (protocol, metric), group in table.groupby(["protocol_id", "metric"], sort=False):
        info, floor = known[metric], group["floor"].iloc[0]
        parts = []
        for (arch, variant), own in group.groupby(["arch", "variant"], sort=False):
            named = {"protocol_id": protocol, "dataset": own["dataset"].iloc[0], "metric": metric}
            parts.append({**named, "arch": arch, "variant": variant, **_aggregate(own, info)})
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


def read(path: Path) -> pd.DataFrame:
    """Return a CSV of ours with the very float64 values that were written."""
    return pd.read_csv(path)


def write(store: Store) -> tuple[pd.DataFrame, pd.DataFrame, list[Path]]:
    """Write the tables of a run directory.

    Returns:
        ``results.csv``, ``leaderboard.csv``, and every file: the leaderboard at equal generator
        updates, and those at equal images and equal seconds.
    """
    records = store.records()
    table = results(records)
    known = quantities(records)
    board = leaderboard(table, known)
    written = {"results.csv": table, "leaderboard.csv": board}
    for axis in ("images", "seconds"):
        if table[AXES[axis]].notna().any():
            read, _ = read_at(table, axis)
            written[f"leaderboard-at-equal-{axis}.csv"] = leaderboard(read, known)
    for name, content in written.items():
        write_bytes(store.out / name, content.to_csv(index=False).encode())
    return table, board, [store.out / name for name in written]
