"""``results.csv`` from records: one row for each run, checkpoint and quantity."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ganbench.experiment.more_measured import MoreMeasured, as_record
from ganbench.experiment.records import Record
from ganbench.reports.verdicts import all_verdicts

RESULT_COLUMNS = """
    schema_version run_id protocol_id suite variant dataset dataset_sha256 arch seed status verdict
    batch hyper_id checkpoint metric value unit higher_is_better floor n_real n_fake images_seen
    g_steps d_steps params_g params_d d_norm train_s train_cpu_s load flops eval_s images_per_s
    peak_mem_bytes device hardware threads engine backend dtype torch_version ganbench_version
    git_sha git_dirty started_at
""".split()


def _of_run(record: Record) -> dict[str, Any]:
    """Return the columns that are the same in all rows of a record."""
    training = record.training
    own = {key: getattr(record, key) for key in RESULT_COLUMNS if key in Record.model_fields}
    own |= {key: getattr(training, key) for key in ("variant", "dataset", "dtype")}
    own |= {"dataset_sha256": training.dataset_sha256, "suite": training.suite}
    own |= {"batch": training.batch, "hyper_id": training.hyper_id}
    own["d_norm"] = "" if training.control else training.arch_options.get("d_norm", "none")
    return own


def _of_checkpoints(record: Record, verdicts: Sequence[str]) -> list[dict[str, Any]]:
    """Return the columns of each measurement, with its ``values`` and why some are ``unmeasured``.

    A training that did not end well has a last one without values.

    Args:
        verdicts: one for each measurement, and one for such an end.
    """
    measured = [dict(m) for m in record.measurements]
    if record.status != "ok":
        last = measured[-1] if measured else {}
        end: dict[str, Any] = {
            "checkpoint": max(record.training.checkpoints, len(measured) + 1),
            "values": None,
            "unmeasured": {},
        }
        measured.append({**last, **end})
    for measurement, verdict in zip(measured, verdicts, strict=True):
        seconds, seen = measurement.get("train_s"), measurement.get("images_seen")
        speed = seen / seconds if seconds and seen else None
        measurement |= {"verdict": verdict, "images_per_s": speed}
    return measured


def _of_quantities(record: Record) -> list[dict[str, Any]]:
    """Return the columns of each quantity, with the name of its metric as ``of``."""
    return [
        {
            "of": name,
            "unit": quantity.unit,
            "higher_is_better": quantity.higher_is_better,
            "protocol_id": protocol.protocol_id,
            "metric": key,
            "floor": record.floors.get(key, math.nan),
            "n_real": protocol.fields["n_real"],
            "n_fake": protocol.fields["n_fake"],
        }
        for name, protocol in record.protocols.items()
        for key, quantity in protocol.quantities.items()
    ]


def results(records: Sequence[Record], more: Sequence[MoreMeasured] = ()) -> pd.DataFrame:
    """Return one row per run, checkpoint and quantity, in the columns of ``results.csv``.

    A training that did not end well has empty last values, and so has a metric that its last
    samples do not allow.

    Args:
        more: what was measured of these runs later; it stands behind all that they measured.
    """
    judged = all_verdicts(records)
    by_run = {record.run_id: record for record in records}
    all_judged = [(record, judged[record.run_id]) for record in records]
    all_judged += [
        (as_record(by_run[m.run_id], m), judged[m.run_id][-1:]) for m in more if m.run_id in by_run
    ]
    runs: list[dict[str, Any]] = []
    checkpoints: list[dict[str, Any]] = []
    known: list[dict[str, Any]] = []
    rows: list[tuple[int, int, int]] = []  # places in these three
    values: list[float | None] = []
    for record, verdicts in all_judged:
        runs.append(_of_run(record))
        quantities = list(enumerate(_of_quantities(record), len(known)))
        known += [quantity for _, quantity in quantities]
        for measurement in _of_checkpoints(record, verdicts):
            own, lacking = measurement.pop("values"), measurement.pop("unmeasured")
            for place, quantity in quantities:
                key = quantity["metric"]
                if own is None or key in own or quantity["of"] in lacking:
                    rows.append((len(runs) - 1, len(checkpoints), place))
                    values.append(None if own is None else own.get(key))
            checkpoints.append(measurement)
    places = np.array(rows, int).reshape(-1, 3)
    columns: dict[str, Any] = {"value": np.array(values, float)}
    for parts, of_rows in zip((runs, checkpoints, known), places.T, strict=True):
        frame = pd.DataFrame(parts)
        columns |= {name: frame[name].array.take(of_rows) for name in frame if name != "of"}
    none = np.full(len(values), np.nan)  # of a column that nobody has, as where all have failed
    return pd.DataFrame({name: columns.get(name, none) for name in RESULT_COLUMNS}, copy=False)
