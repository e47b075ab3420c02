"""How often a method learns, collapses or fails."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ganbench.experiment.screening import RANK_SEEDS
from ganbench.reports.plots import _style
from ganbench.reports.plots._page import Page, name_margin
from ganbench.reports.plots._style import ROW, WIDTH
from ganbench.reports.plots.shown import Shown, short
from ganbench.reports.tables import number
from ganbench.reports.verdicts import VERDICTS
from ganbench.stats.rates import clopper_pearson

COLOURS = {
    "learned": "#6FA8D6",
    "collapsed": "#F2B447",
    "not learned": "#D9D9D9",
    "diverged": "#C8553D",
    "failed": "#3B3B3B",
}


def count(row: dict, verdict: str) -> int:
    """Return how many seeds of a row of the leaderboard have a verdict."""
    return int(row[f"n_{verdict.replace(' ', '_')}"])


def verdict_rates(shown: Shown) -> Figure | None:
    """Return the share of seeds of each verdict; None where most methods have fewer than 3.

    Methods are in the order of how many of their seeds learn, and then of the leaderboard.
    """
    if shown.usual_seeds < RANK_SEEDS:
        return None
    rows = sorted(
        (shown.placed[name] for name in shown.trained),
        key=lambda row: -count(row, "learned") / row["n_seeds"],
    )
    metric, beaten = shown.primary, shown.gaussian(shown.primary)
    bar = f" To learn is to beat the Gaussian ({metric} {number(beaten)}) by two sds of its draws."
    bar = "" if math.isnan(beaten) else bar
    page = Page(
        ROW * (len(rows) + 0.2), "How many seeds learn, collapse or fail",
        "Line with ends: 95 % interval (Clopper-Pearson) of the rate of seeds that learn."
        f"{bar} Number: seeds that learn, of all.",
        shown.caption(), above=0.16,
    )  # fmt: skip
    names = [row["name"] for row in rows]
    axes = page.panel(name_margin([short(n) for n in names]), WIDTH - 0.55)
    _bars(axes, rows)
    between = np.array([clopper_pearson(count(row, "learned"), row["n_seeds"]) for row in rows])
    rates = np.array([count(row, "learned") / row["n_seeds"] for row in rows])
    axes.errorbar(
        rates, np.arange(len(rows)), xerr=np.abs(between.T - rates), fmt="none", ecolor="0.1",
        elinewidth=0.9, capsize=1.8, capthick=0.9, label="95 % interval",
    )  # fmt: skip
    for place, row in enumerate(rows):
        said = f"{count(row, 'learned')} of {int(row['n_seeds'])}"
        axes.text(1.012, place, said, va="center", fontsize=6, color="0.2")
    _style.rows_of_names(axes, [short(n) for n in names], [shown.colours[n] for n in names])
    axes.set(xlim=(-0.004, 1.004), xlabel="share of seeds")
    axes.xaxis.set_major_formatter("{x:.0%}")
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1.0), ncols=6, frameon=False, borderpad=0.1,
        handlelength=1.2, columnspacing=1.1,
    )  # fmt: skip
    return page.figure


def _bars(axes: Axes, rows: list[dict]) -> None:
    """Draw the stacked bars of all rows, one verdict after the other."""
    starts = np.zeros(len(rows))
    for verdict in VERDICTS:
        shares = np.array([count(row, verdict) / row["n_seeds"] for row in rows])
        if shares.any():
            axes.barh(
                np.arange(len(rows)), shares, left=starts, height=0.8, color=COLOURS[verdict],
                lw=0, label=verdict,
            )  # fmt: skip
        starts += shares
