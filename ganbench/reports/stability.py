"""``stability.csv``: how often a variant learns, when, and how calm its training is.

One row for each arch and variant:

learned, collapsed, ...   share of seeds with this verdict at the end (0-1), with its exact interval
lost                share of seeds that had learned at a checkpoint and ended without
lost_at             generator updates after which they were first without, the median
steps_to_learn      generator updates until half of the seeds had learned at a checkpoint
(Kaplan-Meier); infinite if never. seconds_to_learn: the same in CPU seconds
spread              standard deviation between seeds of the logarithm of the last value
last_over_best      last value over the best one on the way, the median
restlessness        mean change of the logarithm of the value between checkpoints of the last half
bursts              share of logged steps whose gradient norm (of D or G) is over 10 times the
median of its training, the mean over seeds
saturation          share of logged steps where D is sure of both sides (logits of real over 4.6, of
generated under -4.6: 99 %), the mean over seeds; it has a meaning for losses
of a classifier only
rotation            largest share of an imaginary part in the game's eigenvalues at the end (0-1),
the mean over seeds; where ``game_rotation`` was measured, such as by ``ganbench measure``

A control is not trained and has no row. ``spread`` and ``restlessness`` are of positive values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ganbench.experiment.more_measured import MoreMeasured
from ganbench.experiment.records import Record
from ganbench.reports.verdicts import VERDICTS, all_verdicts
from ganbench.stats.rates import clopper_pearson
from ganbench.stats.survival import median_time

BURST = 10.0  # times the median of a training's gradient norms
SURE = math.log(99)  # a logit of 99 %

RATES = [verdict.replace(" ", "_") for verdict in VERDICTS]
STABILITY_COLUMNS = [
    *"dataset arch variant metric g_steps n_seeds".split(),
    *(f"{rate}{end}" for rate in RATES for end in ("", "_low", "_high")),
    *"lost lost_at steps_to_learn seconds_to_learn spread last_over_best restlessness".split(),
    *"bursts saturation rotation".split(),
]


def calm(record: Record) -> tuple[float, float]:
    """Return the ``bursts`` and the ``saturation`` of a record with its ``history``."""
    return bursts(record.history), saturation(record.history)


def stability(
    records: Sequence[Record],
    verdicts: Mapping[str, Sequence[str]] | None = None,
    calms: Mapping[str, tuple[float, float]] | None = None,
    more: Sequence[MoreMeasured] = (),
) -> pd.DataFrame:
    """Return the table of the trained variants, in the order of ``records``.

    Args:
        records: of one data set and budget.
        verdicts: ``{run_id: verdicts}`` (``all_verdicts``), if they are known.
        calms: ``{run_id: calm(record)}``, if the records are without their ``history``.
        more: what was measured of the records later.
    """
    judged = verdicts or all_verdicts(records)
    calms = calms or {record.run_id: calm(record) for record in records}
    groups: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        if not record.training.control:
            groups.setdefault((record.arch, record.training.variant), []).append(record)
    turning = rotations(records, more)
    rows = [
        _row(own, [list(judged[r.run_id]) for r in own], [calms[r.run_id] for r in own])
        | {"rotation": _mean(turning.get(r.run_id, math.nan) for r in own)}
        for own in groups.values()
    ]
    return pd.DataFrame(rows, columns=STABILITY_COLUMNS)


def rotations(records: Sequence[Record], more: Sequence[MoreMeasured] = ()) -> dict[str, float]:
    """Return how much the game of each run turned at its end, where that was measured."""
    found = {}
    for record in records:
        for key, info in record.quantities.items():
            if info.role == "rotation" and record.measurements:
                found[record.run_id] = record.measurements[-1].values.get(key, math.nan)
    for later in more:
        for key, info in later.protocol.quantities.items():
            if info.role == "rotation":
                found[later.run_id] = later.values.get(key, math.nan)
    return found


def _row(
    records: Sequence[Record],
    verdicts: Sequence[list[str]],
    calms: Sequence[tuple[float, float]],
) -> dict[str, Any]:
    first = records[0]
    ends = [of_seed[-1] if of_seed else "failed" for of_seed in verdicts]
    row: dict[str, Any] = {
        "dataset": first.training.dataset,
        "arch": first.arch,
        "variant": first.training.variant,
        "metric": first.primary,
        "g_steps": first.training.steps,
        "n_seeds": len(records),
    }
    for verdict, name in zip(VERDICTS, RATES, strict=True):
        count = ends.count(verdict)
        row[name] = count / len(records)
        row[f"{name}_low"], row[f"{name}_high"] = clopper_pearson(count, len(records))
    row |= _when(records, verdicts) | _values(records)
    for name, values in zip(("bursts", "saturation"), zip(*calms, strict=True), strict=True):
        row[name] = _mean(values)
    return row


def _when(records: Sequence[Record], verdicts: Sequence[list[str]]) -> dict[str, float]:
    """Return when seeds learned, and how many lost it again."""
    reached, steps, seconds, lost_at = [], [], [], []
    for record, of_seed in zip(records, verdicts, strict=True):
        measured = record.measurements
        learned = [verdict == "learned" for verdict in of_seed]
        place = learned.index(True) if True in learned else None
        reached.append(place is not None)
        at = measured[-1 if place is None else place] if measured else None
        steps.append(0.0 if at is None else float(at.g_steps))
        seconds.append(0.0 if at is None else at.train_cpu_s or at.train_s)
        if place is not None and not learned[-1]:
            last = max(i for i, fine in enumerate(learned) if fine)
            after = measured[last + 1].g_steps if last + 1 < len(measured) else record.diverged_at
            lost_at.append(math.nan if after is None else float(after))
    seen = np.array(reached)
    return {
        "lost": len(lost_at) / len(records),
        "lost_at": float(np.median(lost_at)) if lost_at else math.nan,
        "steps_to_learn": median_time(np.array(steps), seen),
        "seconds_to_learn": median_time(np.array(seconds), seen),
    }


def _values(records: Sequence[Record]) -> dict[str, float]:
    """Return how far seeds differ, and how their curves end."""
    key, higher = records[0].primary, records[0].quantities[records[0].primary].higher_is_better
    curves = [np.array([m.values.get(key, math.nan) for m in r.measurements]) for r in records]
    curves = [c[~np.isnan(c)] for c in curves]
    last = [c[-1] for c in curves if len(c)]
    ratios = [c[-1] / (c.max() if higher else c.min()) for c in curves if len(c) and (c > 0).all()]
    return {
        "spread": _spread(np.array(last)),
        "last_over_best": float(np.median(ratios)) if ratios else math.nan,
        "restlessness": _mean(restlessness(curve) for curve in curves),
    }


def _spread(last: np.ndarray) -> float:
    if len(last) < 2 or not (last > 0).all() or not np.isfinite(last).all():
        return math.nan
    return float(np.log(last).std(ddof=1))


def _mean(values: Any) -> float:
    known = [value for value in values if not math.isnan(value)]
    return float(np.mean(known)) if known else math.nan


def restlessness(curve: np.ndarray) -> float:
    """Return the mean absolute change of the logarithm over the last half of ``curve``.

    NaN for fewer than 4 values or values that are not positive.
    """
    half = curve[len(curve) // 2 :]
    if len(curve) < 4 or not (half > 0).all():
        return math.nan
    return float(np.abs(np.diff(np.log(half))).mean())


def _history(history: Mapping[str, Sequence[float | None]], key: str) -> np.ndarray:
    values = history.get(key, ())
    return np.array([math.nan if value is None else value for value in values], float)


def bursts(history: Mapping[str, Sequence[float | None]]) -> float:
    """Return the share of logged steps (0-1) whose gradient norm is over 10 times its median.

    Args:
        history: ``Record.history``; a norm that is not finite counts as a burst.
    """
    norms = [_history(history, key) for key in ("d_grad_norm", "g_grad_norm")]
    if any(len(norm) == 0 or np.isnan(norm).all() for norm in norms):
        return math.nan
    burst = [np.isnan(norm) | (norm > BURST * np.nanmedian(norm)) for norm in norms]
    return float(np.logical_or(*burst).mean())


def saturation(history: Mapping[str, Sequence[float | None]]) -> float:
    """Return the share of logged steps (0-1) at which D is sure of real and generated samples."""
    real, fake = (_history(history, key) for key in ("d_real", "d_fake"))
    if len(real) == 0:
        return math.nan
    return float(((real > SURE) & (fake < -SURE)).mean())
