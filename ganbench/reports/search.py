"""What a search for a recipe shows: expected best values, sensitivities, and what it brought."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ganbench.core.files import write_parts
from ganbench.experiment.recipes import chosen_configuration
from ganbench.experiment.search_space import by_label, label
from ganbench.reports._csv import csv_parts
from ganbench.stats.aggregate import median
from ganbench.stats.search import expected_best_curve, share_between, variance_shares

TRIES = ["variant", "configuration", "chosen", "n_seeds", "median"]
CURVE = ["variant", "tries", "expected_best", "low", "high"]
SENSITIVITY = ["variant", "axis", "n_seeds", "share", "by_chance", "best", "worst_over_best"]
TEST = ["variant", "configuration", "n_seeds", "chosen", "paper"]

Value = tuple[dict[str, str], float]  # a configuration, and the value of one seed with it


@dataclass(frozen=True)
class Evidence:
    """What was tried of one variant.

    Attributes:
        chosen: the configuration that was taken.
        tries: one seed each. all: these and the finalists' seeds. test: on the test split.
    """

    chosen: dict[str, str]
    tries: list[Value]
    all: list[Value]
    test: list[Value]


def evidence(entry: Mapping[str, Any]) -> Evidence:
    """Return what a recipe's file says of one variant.

    Older files have ``{factor of the paper's rates: [value of each seed]}``, the tries' first.
    """
    if "values" not in entry:
        stages = [[(dict(c), float(v)) for c, v in entry[key]] for key in ("tries", "finals")]
        test = [(dict(c), float(v)) for c, v in entry["test"]]
        return Evidence(chosen_configuration(entry), stages[0], [*stages[0], *stages[1]], test)
    values = [
        (chosen_configuration({"rate_factor": factor}), float(value), seed)
        for factor, own in entry["values"].items()
        for seed, value in enumerate(own)
    ]
    first = [(c, value) for c, value, seed in values if seed == 0]
    return Evidence(chosen_configuration(entry), first, [(c, v) for c, v, _ in values], [])


def _of_variants(found: Mapping[str, Any]) -> dict[str, Evidence]:
    return {name: evidence(entry) for name, entry in found["variants"].items()}


def tries(found: Mapping[str, Any]) -> pd.DataFrame:
    """Return a row for each variant and configuration, with the median of all its seeds.

    Args:
        found: the content of a recipe's file with its evidence.
    """
    rows = [
        (name, words, words == label(own.chosen), len(values), float(median(np.array(values))))
        for name, own in _of_variants(found).items()
        for words, values in by_label(own.all).items()
    ]
    return pd.DataFrame(rows, columns=TRIES)


def curves(found: Mapping[str, Any]) -> pd.DataFrame:
    """Return the expected best value of 1, 2, ... tries of each variant, with its interval.

    A try is one seed of one configuration, so that all tries cost the same. A failed one counts as
    the worst.
    """
    rows = []
    for name, own in _of_variants(found).items():
        first = np.array([value for _, value in own.tries])
        for n, (best, low, high) in enumerate(expected_best_curve(first, len(first)), 1):
            rows.append((name, n, best, low, high))
    return pd.DataFrame(rows, columns=CURVE)


def sensitivity(found: Mapping[str, Any]) -> pd.DataFrame:
    """Return how much each axis matters to each variant, from all its seeds.

    ``share``: of the spread of logarithms that lies between the axis's values, the other axes
    being left to chance; ``by_chance``: what an axis that does nothing has on average. ``best``:
    the value with the lowest median. ``worst_over_best``: ratio of these medians. Tries that failed
    have no logarithm, and the paper's constants no place on an axis of plain numbers.
    """
    rows = []
    for name, own in _of_variants(found).items():
        for axis in dict.fromkeys(axis for c, _ in own.tries for axis in c):
            at = _levels(own.all, axis)
            medians = {level: float(median(np.array(values))) for level, values in at.items()}
            fine = [(level, math.log(v)) for level, values in at.items()
                    for v in values if 0 < v < math.inf]  # fmt: skip
            levels, logs = np.array([x for x, _ in fine]), np.array([v for _, v in fine])
            n, chance = sum(map(len, at.values())), math.nan
            if len(logs) > 1:
                chance = (len(np.unique(levels)) - 1) / (len(logs) - 1)
            best = min(medians, key=lambda level: medians[level])
            ratio = max(medians.values()) / medians[best] if medians[best] > 0 else math.nan
            rows.append((name, axis, n, share_between(levels, logs), chance, best, ratio))
    return pd.DataFrame(rows, columns=SENSITIVITY)


def _levels(tries: list[Value], axis: str) -> dict[str, list[float]]:
    """Return the values at each value of ``axis``; the paper's are at ``x1`` of multiples."""
    multiples = any(c.get(axis, "").startswith("x") for c, _ in tries)
    at: dict[str, list[float]] = {}
    for configuration, value in tries:
        level = configuration.get(axis, "x1" if multiples else "")
        if level:
            at.setdefault(level, []).append(value)
    return at


def on_the_test_split(found: Mapping[str, Any]) -> pd.DataFrame:
    """Return the medians on the test split of what was chosen and of the paper's constants."""
    rows = []
    for name, own in _of_variants(found).items():
        values = by_label(own.test)
        if values:
            chosen, paper = values[label(own.chosen)], values[label({})]
            medians = (float(median(np.array(v))) for v in (chosen, paper))
            rows.append((name, label(own.chosen), len(chosen), *medians))
    return pd.DataFrame(rows, columns=TEST)


def shares(found: Mapping[str, Any]) -> dict[str, float]:
    """Return the shares of the spread of logarithms: method, hyper-parameters, seed.

    Tries that failed are left out, and so are methods with one value.
    """
    logs: dict[str, dict[str, list[float]]] = {}
    for name, own in _of_variants(found).items():
        for words, values in by_label(own.all).items():
            fine = [math.log(v) for v in values if 0 < v < math.inf]
            if fine:
                logs.setdefault(name, {})[words] = fine
    return variance_shares(logs)


def at_the_edge(found: Mapping[str, Any]) -> list[str]:
    """Return the variants whose choice is the last value of an axis of multiples."""
    space = found.get("space") or {"lr": _older_factors(found)}
    return [
        name
        for name, own in _of_variants(found).items()
        if any(own.chosen.get(axis) == values[-1] and values[-1].startswith("x")
               for axis, values in space.items())
    ]  # fmt: skip


def _older_factors(found: Mapping[str, Any]) -> list[str]:
    factors = {float(f) for entry in found["variants"].values() for f in entry["values"]}
    return [f"x{factor:g}" for factor in sorted(factors)]


def sentences(found: Mapping[str, Any]) -> list[str]:
    """Return what a search shows in words."""
    table, edge = tries(found), len(at_the_edge(found))
    chosen = table[table["chosen"]].set_index("variant")
    paper = table[table["configuration"] == label({})].set_index("variant")
    both = chosen.assign(median_paper=paper["median"]).dropna(subset=["median", "median_paper"])
    moved = int((chosen["configuration"] != label({})).sum())
    said = [
        f"{moved} of {len(chosen)} variants take another configuration than their paper's; "
        f"{edge} take the largest value that was tried, which may not be the best there is."
    ]
    for ratio, where in (
        (both["median"] / both["median_paper"], "validation"), (_test_ratio(found), "test")
    ):  # fmt: skip
        ratio = ratio.replace([np.inf, -np.inf], np.nan).dropna()
        if len(ratio):
            said.append(
                f"With it their {found['metric']} is {ratio.median():.2f} times that with the "
                f"paper's constants, in the median of variants (on the {where} split)."
            )
    spread = {name: f"{100 * share:.0f} %" for name, share in shares(found).items()}
    listed = ", ".join(f"{name} {share}" for name, share in spread.items())
    return [*said, f"Of the spread of its logarithm: {listed}."]


def _test_ratio(found: Mapping[str, Any]) -> pd.Series[float]:
    table = on_the_test_split(found)
    return table["chosen"].astype(float) / table["paper"].astype(float)


def write(folder: Path, found: Mapping[str, Any]) -> list[Path]:
    """Write the tables of a search and the figure of its expected best values."""
    from ganbench.reports import plots
    from ganbench.reports.plots.expected_best import expected_best

    tables = {"tries": tries(found), "expected-best": curves(found),
              "sensitivity": sensitivity(found), "test": on_the_test_split(found)}  # fmt: skip
    written = []
    for name, table in tables.items():
        if len(table):
            written.append(folder / f"{name}.csv")
            write_parts(written[-1], csv_parts(table))
    plots.style()
    figure = expected_best(found)
    return written + (plots.save(figure, folder / "expected-best") if figure else [])
