"""What a search for a recipe shows: the expected best value by tries, and shares of the spread."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ganbench.core.files import write_parts
from ganbench.reports._csv import csv_parts
from ganbench.stats.aggregate import median
from ganbench.stats.search import expected_best_curve, variance_shares

TRIES = ["variant", "rate_factor", "chosen", "n_seeds", "median"]
CURVE = ["variant", "tries", "expected_best", "low", "high"]


def tries(found: Mapping[str, Any]) -> pd.DataFrame:
    """Return a row for each variant and factor of the paper's rate.

    Args:
        found: the content of a recipe's file with its evidence.
    """
    rows = [
        (name, float(factor), float(factor) == own["rate_factor"], len(values),
         float(median(np.array(values, float))))
        for name, own in found["variants"].items()
        for factor, values in own["values"].items()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=TRIES)


def curves(found: Mapping[str, Any]) -> pd.DataFrame:
    """Return the expected best value of 1, 2, ... tries of each variant, with its interval.

    A try is one seed at one factor, so that all tries cost the same. A failed one leaves none.
    """
    rows = []
    for name, own in found["variants"].items():
        first = np.array([values[0] for values in own["values"].values()], float)
        for n, (best, low, high) in enumerate(expected_best_curve(first, len(first)), 1):
            rows.append((name, n, best, low, high))
    return pd.DataFrame(rows, columns=CURVE)


def shares(found: Mapping[str, Any]) -> dict[str, float]:
    """Return the shares of the spread of logarithms: method, hyper-parameters, seed.

    Tries that failed are left out, and so are methods with one value.
    """
    logs: dict[str, dict[float, list[float]]] = {}
    for name, own in found["variants"].items():
        for factor, values in own["values"].items():
            fine = [math.log(v) for v in values if 0 < v < math.inf]
            if fine:
                logs.setdefault(name, {})[float(factor)] = fine
    return variance_shares(logs)


def sentences(found: Mapping[str, Any]) -> list[str]:
    """Return what a search shows in words."""
    table = tries(found)
    chosen = table[table["chosen"]].set_index("variant")
    paper = table[table["rate_factor"] == 1.0].set_index("variant")
    both = chosen.assign(median_paper=paper["median"]).dropna(subset=["median", "median_paper"])
    moved = int((chosen["rate_factor"] != 1.0).sum())
    edge = int((chosen["rate_factor"] == table["rate_factor"].max()).sum())
    ratio = (both["median"] / both["median_paper"]).replace([np.inf, -np.inf], np.nan).dropna()
    said = [
        f"{moved} of {len(chosen)} variants take another rate than their paper's; "
        f"{edge} take the largest that was tried, which may not be the best there is."
    ]
    if len(ratio):
        said.append(
            f"With it their {found['metric']} is {ratio.median():.2f} times that with the paper's "
            "rate, in the median of variants (on the validation split)."
        )
    spread = {name: f"{100 * share:.0f} %" for name, share in shares(found).items()}
    listed = ", ".join(f"{name} {share}" for name, share in spread.items())
    return [*said, f"Of the spread of its logarithm: {listed}."]


def write(folder: Path, found: Mapping[str, Any]) -> list[Path]:
    """Write ``tries.csv``, ``expected-best.csv`` and the figure of the latter."""
    from ganbench.reports import plots
    from ganbench.reports.plots.expected_best import expected_best

    written = []
    for name, table in (("tries", tries(found)), ("expected-best", curves(found))):
        written.append(folder / f"{name}.csv")
        write_parts(written[-1], csv_parts(table))
    plots.style()
    figure = expected_best(found)
    return written + (plots.save(figure, folder / "expected-best") if figure else [])
