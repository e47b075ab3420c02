"""Learning curves: a small panel for every method, and the best ones over each other."""

from __future__ import annotations

import math

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ganbench.core.kinds.metric import BEST
from ganbench.reports.equal import AXES
from ganbench.reports.plots import _style
from ganbench.reports.plots._page import RIGHT, Page
from ganbench.reports.plots._panels import Panels
from ganbench.reports.plots._style import WIDTH, axis_label
from ganbench.reports.plots.shown import Shown, short
from ganbench.reports.tables import number

COLUMNS = 6  # of small panels
PANEL = 0.92  # inches of the height of one
INK = 4.0  # seeds of a panel, up to which their lines are strong
TOP = 8  # methods drawn over each other
LEFT = 0.62
IN_LEGEND = 20  # letters of a name
AXIS_WORDS = {
    "g_steps": "generator updates", "images": "real images seen", "seconds": "CPU seconds",
}  # fmt: skip


def _curves(shown: Shown, metric: str) -> pd.DataFrame:
    """Return the measured rows of a quantity of trained names."""
    rows = shown.table[(shown.table["metric"] == metric) & shown.table["value"].notna()]
    return rows[rows["name"].isin(shown.trained)]


def grid(names: int) -> tuple[int, int]:
    """Return lines and columns of panels for so many names."""
    columns = min(names, COLUMNS if names > 8 else 4)
    return math.ceil(names / columns), columns


def curve_panels(shown: Shown, metric: str) -> Panels | None:
    """Return the panels of ``curves``."""
    rows = _curves(shown, metric)
    if rows.empty:
        return None
    floor, beaten, names = shown.floor(metric), shown.gaussian(metric), shown.trained
    levels = [*rows["value"], floor, beaten]
    log = _style.wide(levels)
    lines, columns = grid(len(names))
    page = Page(
        max(PANEL, 1.9 / lines) * lines, f"Learning curves: {metric}",
        "Thin: every seed; thick: their median; shade: their range; pale: the medians of all "
        f"others. {shown.lines(metric)}",
        shown.caption(metric), [shown.families[name] for name in names],
    )  # fmt: skip
    places = {name: place for place, name in enumerate(names)}
    right = WIDTH - RIGHT if columns > 2 else min(LEFT + 3.2 * columns, WIDTH - RIGHT)
    panels = Panels(
        page, LEFT, right, lines, columns, (0.0, 1.03 * rows["g_steps"].max()),
        [_style.limits(levels, log)] * len(names), [log] * len(names),
    )  # fmt: skip
    panels.label_x(AXIS_WORDS["g_steps"])
    panels.label_y(f"{axis_label(metric, shown.known[metric])}, {BEST[shown.known[metric].target]}")
    _draw_seeds(panels, rows, places, shown)
    panels.across([floor] * len(names), "floor", colors="0.2", linestyles="--", lw=0.7, zorder=2)
    panels.across([beaten] * len(names), "gaussian", colors="0.2", linestyles=":", lw=0.9, zorder=2)
    panels.titles(names, [shown.colours[name] for name in names])
    return panels


def _draw_seeds(panels: Panels, rows: pd.DataFrame, places: dict[str, int], shown: Shown) -> None:
    """Draw the other medians, the range, every seed, and the median of each name."""
    of_seed = rows.groupby(["name", "seed"], sort=False).indices
    steps, values = rows["g_steps"].to_numpy(), rows["value"].to_numpy()
    seeds = [(places[str(name)], steps[at], values[at]) for (name, _), at in of_seed.items()]
    by = rows.groupby(["name", "g_steps"])["value"].agg(["median", "min", "max"]).reset_index()
    medians, ranges = [], []
    for name, own in by.groupby("name"):
        x = own["g_steps"].to_numpy()
        medians.append((places[str(name)], x, own["median"].to_numpy()))
        ranges.append((places[str(name)], x, own["min"].to_numpy(), own["max"].to_numpy()))
    others = [(place, x, y) for place in places.values() for own, x, y in medians if own != place]
    colours = list(shown.colours[name] for name in places)
    most = rows.groupby("name")["seed"].nunique().max()
    panels.draw(others, "others", colors="0.87", lw=0.35, rasterized=True, zorder=1)
    panels.fill(
        ranges, "ranges", zorder=2, facecolors=[_pale(colours[place]) for place, *_ in ranges]
    )
    panels.draw(
        seeds,
        "seeds",
        colors=[colours[place] for place, *_ in seeds],
        lw=0.45,
        alpha=float(np.clip(INK / most, 0.15, 0.6)),
        zorder=3,
    )
    ends = [(place, x[-1:], y[-1:]) for place, x, y in seeds]
    panels.dots(
        ends, "ends", s=2.5, alpha=0.8, c=[colours[place] for place, *_ in ends], zorder=3.5
    )
    panels.draw(
        medians, "medians", colors=[colours[place] for place, *_ in medians], lw=1.3, zorder=4
    )


def _pale(given: str) -> tuple[float, float, float, float]:
    """Return a colour for areas."""
    return matplotlib.colors.to_rgba(given, 0.18)


def curves(shown: Shown, metric: str) -> Figure | None:
    """Return one panel for each method; None where nothing was measured on the way.

    All panels have the same axes.
    """
    panels = curve_panels(shown, metric)
    return None if panels is None else panels.figure


def medians_along(rows: pd.DataFrame, axis: str) -> NDArray[np.float64]:
    """Return the median over seeds at each checkpoint of one method, ``[K, 2]``.

    Args:
        rows: of one name and quantity. axis: one of ``AXES``.
    """
    by = rows.groupby("checkpoint")[[AXES[axis], "value"]].median()
    return by.dropna().to_numpy(float)


def top_curves(shown: Shown) -> Figure | None:
    """Return the medians of the best methods over each other, by updates, images and seconds.

    The axis of images is left out where they follow from the updates.
    """
    metric, info = shown.primary, shown.known[shown.primary]
    names = shown.top(TOP)
    rows = _curves(shown, metric)
    rows = rows[rows["name"].isin(names)]
    if rows.groupby("run_id")["checkpoint"].nunique().max() != rows["checkpoint"].nunique() or (
        rows["checkpoint"].nunique() < 2
    ):
        return None
    axes = [axis for axis in AXES if rows[AXES[axis]].notna().all()]
    per_update = (rows["images_seen"] / rows["g_steps"]).round(6).nunique()
    axes = [axis for axis in axes if axis != "images" or per_update > 1]
    floor, beaten = shown.floor(metric), shown.gaussian(metric)
    ends, log = _style.axis_for(rows["value"], floor)
    page = Page(
        2.5, f"The best {len(names)} by {metric}" if len(names) > 1 else f"{names[0]}: {metric}",
        "Medians over seeds at each checkpoint, read at equal generator updates and at equal cost. "
        f"{shown.lines(metric)}",
        shown.caption(),
    )  # fmt: skip
    left, end = 0.62, WIDTH - 1.75
    width = (end - left) / len(axes)
    ways = _style.dashes([shown.families[name] for name in names])
    for place, axis in enumerate(axes):
        panel = page.panel(
            left + place * width + (0.06 if place else 0), left + (place + 1) * width
        )
        for name, way in zip(names, ways, strict=True):
            line = medians_along(rows[rows["name"] == name], axis)
            panel.plot(
                *line.T, color=shown.colours[name], ls=way, lw=1.3, marker="o", ms=2.2,
                label=short(name, IN_LEGEND),
            )  # fmt: skip
        panel.axhline(floor, **_style.FLOOR_LINE)
        panel.axhline(beaten, **_style.GAUSSIAN_LINE)
        _style.scaled(panel, "y", ends, log)
        if not place:
            _style.edge_note(panel, "y", floor, f"floor {number(floor)}")
        panel.xaxis.set_major_formatter(matplotlib.ticker.EngFormatter(sep=""))
        panel.set_xlabel(AXIS_WORDS[axis])
        panel.tick_params(labelleft=not place, which="both")
        if not place:
            panel.set_ylabel(f"{axis_label(metric, info)}, {BEST[info.target]}")
    panel.legend(
        loc="upper left", bbox_to_anchor=(1.01, 1.01), frameon=False, handlelength=2.8, borderpad=0
    )
    return page.figure
