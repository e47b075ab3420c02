"""Curves for the page: every quantity by checkpoint, losses and norms of gradients, mode shares.

A page has to stay small: of a variant with many seeds some are drawn, evenly from the best to the
worst; medians are of all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ganbench.core.kinds.metric import BEST, shortfall
from ganbench.experiment.records import QuantityInfo, Record
from ganbench.experiment.store import Store
from ganbench.reports.colours import family_of
from ganbench.reports.verdicts import GAUSSIAN

CURVE_NUMBERS = 150_000  # about as many numbers of single seeds' curves in a page
FEWEST, MOST = 3, 50  # seeds of a variant whose curves are drawn
HISTORIES = 5  # seeds of a variant whose losses are drawn
POINTS = 60  # of each loss
SHARES = 5  # seeds of a variant whose mode shares are shown
AXES = ("g_steps", "images_seen", "seconds")


def short(value: float | None) -> float | None:
    """Return a number of five significant digits for JSON; None for what is no finite number."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.5g}")


def last_value(record: Record, key: str) -> float | None:
    """Return the last value of a training that ended well; None if it has none."""
    if record.status != "ok" or not record.measurements:
        return None
    return record.measurements[-1].values.get(key)


def best_first(records: Sequence[Record], key: str) -> list[Record]:
    """Return ``records`` by their last value of a quantity, those without one at the end."""

    def order(record: Record) -> tuple[bool, float, int]:
        value = last_value(record, key)
        if value is None:
            return True, 0.0, record.seed
        away = shortfall(value, record.floors.get(key, 0.0), record.quantities[key].target)
        return False, float(away), record.seed

    return sorted(records, key=order)


def spread(ordered: Sequence[Record], most: int) -> list[Record]:
    """Return at most ``most`` of ``ordered``, the first, the last and evenly between."""
    if len(ordered) <= most:
        return list(ordered)
    places = np.linspace(0, len(ordered) - 1, most).round().astype(int)
    return [ordered[place] for place in dict.fromkeys(places.tolist())]


def _axis(measurement: Any, name: str) -> float | None:
    if name != "seconds":
        return float(getattr(measurement, name))
    cpu = measurement.train_cpu_s
    return measurement.train_s if cpu is None else cpu


def _curve(record: Record, keys: Sequence[str]) -> dict[str, Any]:
    """Return the columns of one seed's measurements."""
    measured = record.measurements
    return {
        "seed": record.seed,
        "x": {name: [short(_axis(m, name)) for m in measured] for name in AXES},
        "y": {key: [short(m.values.get(key)) for m in measured] for key in keys},
    }


def _medians(records: Sequence[Record], keys: Sequence[str]) -> dict[str, Any]:
    """Return the medians over all seeds, checkpoint by checkpoint."""
    at: dict[int, list[Any]] = {}
    for record in records:
        for measurement in record.measurements:
            at.setdefault(measurement.checkpoint, []).append(measurement)

    def middle(values: list[float | None]) -> float | None:
        fine = [value for value in values if value is not None and not math.isnan(value)]
        return short(float(np.median(fine))) if fine else None

    rows = [at[checkpoint] for checkpoint in sorted(at)]
    return {
        "x": {name: [middle([_axis(m, name) for m in row]) for row in rows] for name in AXES},
        "y": {key: [middle([m.values.get(key) for m in row]) for row in rows] for key in keys},
    }


def learning_curves(
    groups: Mapping[str, list[Record]], known: Mapping[str, QuantityInfo], primary: str
) -> dict[str, Any]:
    """Return the curves of every headline quantity of every variant.

    Args:
        groups: ``{name: records}`` of the trained variants and of the controls, in the order of
            the table.
    """
    everything = [record for own in groups.values() for record in own]
    counts = {
        key: max((sum(key in m.values for m in r.measurements) for r in everything), default=0)
        for key, q in known.items()
        if q.headline or key == primary
    }
    most = max(counts.values(), default=0)
    keys = [key for key, n in counts.items() if n and n == most]
    trained = {name: own for name, own in groups.items() if not own[0].training.control}
    numbers = max(1, len(trained)) * max(1, most) * (len(keys) + len(AXES))
    seeds = min(MOST, max(FEWEST, CURVE_NUMBERS // numbers))
    methods = []
    for name, own in trained.items():
        drawn = sorted(spread(best_first(own, primary), seeds), key=lambda r: r.seed)
        curves = [_curve(record, keys) for record in drawn if record.measurements]
        methods.append(
            {
                "name": name,
                "family": family_of(own[0].training.variant),
                "n": len(own),
                "seeds": curves,
                "median": _medians(own, keys),
            }
        )
    gaussian = [r for r in everything if r.training.variant == GAUSSIAN]
    return {
        "methods": methods,
        "quantities": {
            key: {
                "label": known[key].label or key,
                "better": BEST[known[key].target],
                "floor": short(_mean([r.floors.get(key) for r in everything])),
                "gaussian": short(_mean([last_value(r, key) for r in gaussian])),
            }
            for key in keys
        },
    }


def _mean(values: Sequence[float | None]) -> float | None:
    fine = [v for v in values if v is not None and math.isfinite(v)]
    return float(np.mean(fine)) if fine else None


def histories(
    store: Store, groups: Mapping[str, list[Record]], primary: str
) -> list[dict[str, Any]]:
    """Return losses, mean logits and norms of gradients of a few seeds of every variant.

    They are read from their files again, since records are kept in memory without them.
    """
    chosen = {
        name: sorted(spread(best_first(own, primary), HISTORIES), key=lambda r: r.seed)
        for name, own in groups.items()
        if not own[0].training.control
    }
    whole = store.whole_records({r.run_id for drawn in chosen.values() for r in drawn})
    methods = []
    for name, drawn in chosen.items():
        found = [whole[record.run_id] for record in drawn if record.run_id in whole]
        curves = [_thinned(record) for record in found if record.history.get("step")]
        if curves:
            family, n = family_of(drawn[0].training.variant), len(groups[name])
            methods.append({"name": name, "family": family, "n": n, "seeds": curves})
    return methods


def _thinned(record: Record) -> dict[str, Any]:
    """Return the history of one seed at no more than ``POINTS`` of its updates."""
    steps = record.history["step"]
    chosen = sorted({round(i) for i in np.linspace(0, len(steps) - 1, POINTS)})
    return {
        "seed": record.seed,
        "x": {"g_steps": [short(steps[i]) for i in chosen]},
        "y": {
            key: [short(values[i]) for i in chosen]
            for key, values in record.history.items()
            if key != "step" and len(values) == len(steps)
        },
    }


def shares(groups: Mapping[str, list[Record]], primary: str) -> list[dict[str, Any]]:
    """Return the share of each class or mode among samples of a few seeds, ‰ of all samples."""
    shown = []
    for name, own in groups.items():
        counted = [r for r in best_first(own, primary) if r.frequencies is not None]
        if counted:
            middle = counted[(len(counted) - 1) // 2].run_id
            drawn = {r.run_id: r for r in spread(counted, SHARES)}
            drawn |= {r.run_id: r for r in counted if r.run_id == middle}
            seeds = [
                {
                    "seed": record.seed,
                    "permille": [short(1000 * share) for share in record.frequencies or []],
                    "present": sum(share > 0 for share in record.frequencies or []),
                    "median": record.run_id == middle,
                }
                for record in counted
                if record.run_id in drawn
            ]
            control = bool(own[0].training.control)
            shown.append({"name": name, "control": control, "n": len(own), "seeds": seeds})
    return shown
