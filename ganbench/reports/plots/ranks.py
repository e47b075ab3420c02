"""Ranks with their intervals, or in a screening the bands."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ganbench.core.kinds.metric import BEST
from ganbench.experiment.screening import RANK_SEEDS, RANK_STEPS
from ganbench.reports.findings import difference_words
from ganbench.reports.leaderboard import is_control
from ganbench.reports.plots import _style
from ganbench.reports.plots._page import Page, name_margin
from ganbench.reports.plots._style import ROW, WIDTH, axis_label
from ganbench.reports.plots.shown import Shown, short
from ganbench.reports.tables import BANDS, number
from ganbench.reports.verdicts import VERDICTS
from ganbench.stats.noise import pooled_noise

TEXTS = 2.2  # inches of the columns of text at the right
BAND_COLOURS = {1: "#DCEBF7", 2: "#F3F3F3", 3: "#FBEADF"}


def learned_words(row: dict) -> str:
    """Return how many seeds of a row have learned; of one seed alone its verdict."""
    if row["n_seeds"] > 1:
        return f"{row['n_learned']:.0f} of {row['n_seeds']:.0f} learned"
    return next(v for v in VERDICTS if row[f"n_{v.replace(' ', '_')}"])


def _texts(axes: Axes, shown: Shown, names: list[str]) -> None:
    """Write median, interval and verdicts beside the rows."""
    at = axes.get_yaxis_transform()
    width = axes.get_position().width * WIDTH
    given: dict[str, Any] = {"transform": at, "va": "center", "fontsize": 6, "color": "0.2"}
    for x, head in ((0.08, f"{shown.primary}, median"), (0.6, "95 % of IQM"), (1.37, "seeds")):
        axes.text(1 + x / width, -0.95, head, **{**given, "fontsize": 5.8, "color": "0.45"})
    for place, name in enumerate(names):
        row = shown.placed[name]
        low, high = row["ci_low"], row["ci_high"]
        between = "" if math.isnan(low) else f"{number(low)} – {number(high)}"
        said = "control" if is_control(shown.variants[name]) else learned_words(row)
        for x, text in ((0.08, number(row["median"])), (0.6, between), (1.37, said)):
            axes.text(1 + x / width, place, text, **given)


def ranks(shown: Shown) -> Figure | None:
    """Return the rank of every ranked variant with its 95 % interval; None where there are none.

    Real data stand above all, without a rank.
    """
    ranked = [name for name in shown.trained if not math.isnan(shown.placed[name]["rank"])]
    if not ranked:
        return None
    names = [*shown.real(), *ranked]
    page = Page(
        ROW * (len(names) + 0.2), f"Ranks by {shown.primary}",
        "Dot: rank by the median over seeds. Bar: where the rank lies in 95 % of resamplings of "
        "the seeds. Where bars overlap, the order is not certain.",
        shown.caption(), [shown.families[name] for name in ranked], above=0.14,
    )  # fmt: skip
    axes = page.panel(name_margin([short(n) for n in names]), WIDTH - TEXTS)
    first = len(names) - len(ranked)
    rows = [shown.placed[name] for name in ranked]
    places = np.arange(first, len(names))
    colours = [shown.colours[name] for name in ranked]
    bars = [
        [(row["rank_low"], place), (row["rank_high"], place)]
        for row, place in zip(rows, places, strict=True)
    ]
    axes.add_collection(LineCollection(bars, colors=colours, lw=4, alpha=0.45, label="intervals"))
    points = [row["rank"] for row in rows]
    axes.scatter(points, places, s=16, c=colours, edgecolors="0.2", lw=0.4, zorder=3, label="ranks")
    axes.set_xlim(0.4, len(ranked) + 0.6)
    axes.set_xlabel("rank (1 is best)")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _style.rows_of_names(axes, [short(n) for n in names], [shown.colours[n] for n in names])
    _texts(axes, shown, names)
    return page.figure


def bands(shown: Shown) -> Figure | None:
    """Return the medians of a screening in its bands; None where ranks are given."""
    given = {n: shown.placed[n]["band"] for n in shown.trained}
    if not given or all(math.isnan(band) for band in given.values()):
        return None
    names, metric = shown.order, shown.primary
    page = Page(
        ROW * (len(names) + 0.2), f"A screening by {metric}: bands, not ranks",
        f"Dot: median over seeds; bar: 95 % interval of the IQM. Ranks take {RANK_SEEDS} seeds and "
        f"{RANK_STEPS:,} generator updates. Blue: band {BANDS[1]}, within the noise of the best"
        f"{_noise(shown)}; grey: band {BANDS[2]}; orange: band 3, not learned. "
        f"{shown.lines(metric)}",
        shown.caption(), [shown.families[name] for name in names], above=0.14,
    )  # fmt: skip
    axes = page.panel(name_margin([short(n) for n in names]), WIDTH - TEXTS)
    rows = [shown.placed[name] for name in names]
    floor, beaten = shown.floor(metric), shown.gaussian(metric)
    values = [v for row in rows for v in (row["median"], row["ci_low"], row["ci_high"])]
    log = _style.wide([*values, floor])
    _style.scaled(axes, "x", _style.limits([*values, floor], log), log)
    for place, name in enumerate(names):
        band = given.get(name, math.nan)
        if not math.isnan(band):
            axes.axhspan(place - 0.5, place + 0.5, color=BAND_COLOURS[int(band)], lw=0, zorder=0)
    _points(axes, rows, [shown.colours[name] for name in names])
    axes.axvline(floor, label="floor", **_style.FLOOR_LINE)
    axes.axvline(beaten, label="gaussian", **_style.GAUSSIAN_LINE)
    axes.set_xlabel(
        f"{axis_label(metric, shown.known[metric])}, {BEST[shown.known[metric].target]}"
    )
    _style.rows_of_names(axes, [short(n) for n in names], [shown.colours[n] for n in names])
    _texts(axes, shown, names)
    return page.figure


def _points(axes: Axes, rows: list[dict], colours: list[str]) -> None:
    """Draw median and interval of each row; a median that is not finite is a cross at the edge."""
    low, high = axes.get_xlim()
    bars = [
        [(np.clip(row["ci_low"], low, high), place), (np.clip(row["ci_high"], low, high), place)]
        for place, row in enumerate(rows)
    ]
    axes.add_collection(
        LineCollection(bars, colors=colours, lw=4, alpha=0.45, label="intervals"), autolim=False
    )
    medians = np.array([row["median"] for row in rows], float)
    places = np.arange(len(rows))
    ok = np.isfinite(medians)
    axes.scatter(
        medians[ok], places[ok], s=14, c=np.array(colours)[ok], edgecolors="0.2", lw=0.4, zorder=3,
        label="medians",
    )  # fmt: skip
    axes.scatter(
        np.full((~ok).sum(), high), places[~ok], marker="x", s=18, color=_style.BAD, clip_on=False,
        zorder=4, label="failed",
    )  # fmt: skip


def _noise(shown: Shown) -> str:
    """Return in words how wide the noise between seeds is; nothing where it is not known."""
    values = shown.values(shown.primary)
    noise = pooled_noise([values[name] for name in shown.learned])
    if noise is None:
        return ""
    return f" (one seed against one: {difference_words(noise.half_width(), noise.log)})"
