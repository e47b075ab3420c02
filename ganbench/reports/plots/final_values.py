"""The last value of every seed: the top group from near, all of them beside it."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ganbench.core.kinds.metric import BEST
from ganbench.reports.plots import _style
from ganbench.reports.plots._page import RIGHT, Page, name_margin
from ganbench.reports.plots._style import ROW, WIDTH, axis_label
from ganbench.reports.plots.shown import Shown, short
from ganbench.reports.tables import number
from ganbench.stats.aggregate import median

GAP = 0.14  # inches between panels
LETTER_OF_LABEL = 0.056  # inches
FEWEST, MOST = 10, 15  # names that the panel from near has room for
ROOM = 0.65  # the share of the axis of all values above which the top group needs no panel
PER_LINE = 6  # panels side by side


def top_group(shown: Shown) -> list[str]:
    """Return the best names: band 1, or those whose interval of ranks reaches the best one's."""
    placed = [shown.placed[name] for name in shown.learned]
    least = min((row["rank_high"] for row in placed), default=math.nan)
    return [row["name"] for row in placed if row["band"] == 1 or row["rank_low"] <= least]


def near(shown: Shown, ends: tuple[float, float], log: bool) -> tuple[float, float] | None:
    """Return the ends of the axis of the best names, or None where they fill the axis of all.

    These are the top group, and so many more that they are 10. The floor is on the axis where it
    takes at most half of it.

    Args:
        ends, log: of the axis of all values.
    """
    values, metric = shown.values(shown.primary), shown.primary
    group = shown.learned[: min(max(len(top_group(shown)), FEWEST), MOST)]
    found = _style.finite(v for name in group for v in values.get(name, ()))
    if not len(found) or len(group) == len(shown.order):
        return None
    floor = shown.floor(metric)
    real = [v for name in shown.real() for v in values.get(name, ())]
    with_floor = _style.finite([*found, *real, floor])
    if np.ptp(with_floor) <= 2 * np.ptp(found):
        found = with_floor
    low, high = _style.limits(found, log=False)
    low = max(low, ends[0]) if log else low

    def scale(x: float) -> float:
        return math.log(x) if log else x

    share = (scale(high) - scale(low)) / (scale(ends[1]) - scale(ends[0]))
    return (low, high) if share < ROOM else None


def draw(
    axes: Axes,
    shown: Shown,
    metric: str,
    ends: tuple[float, float],
    log: bool,
    crosses: bool = True,
    labelled: bool = True,
) -> None:
    """Draw seeds, intervals, medians and the two lines of one quantity, a row for each name.

    Args:
        ends, log: of the axis. crosses: failed seeds are drawn at its edge.
        labelled: with names.
    """
    _style.scaled(axes, "x", ends, log)
    values, rows = shown.values(metric), shown.rows_of(metric)
    places = {name: place for place, name in enumerate(shown.order)}
    present = [name for name in values if name in rows]
    colours = [shown.colours[name] for name in present]
    seeds = shown.values(metric, failed=math.nan)
    bars, middles = [], []
    for name in present:
        row, place = rows[name], places[name]
        bars.append([(np.clip(row[key], *ends), place) for key in ("ci_low", "ci_high")])
        middle = float(median(values[name]))
        if len(values[name]) > 1 and np.isfinite(seeds[name]).any():
            middles.append([(middle, place - 0.36), (middle, place + 0.36)])
    axes.add_collection(
        LineCollection(bars, colors=colours, lw=5, alpha=0.3, label="intervals", zorder=1.8),
        autolim=False,
    )
    axes.add_collection(
        LineCollection(middles, colors="0.15", lw=1.3, label="medians", zorder=3), autolim=False
    )
    shades = np.repeat(colours, [len(values[name]) for name in present])
    x = np.concatenate([seeds[name] for name in present]) if present else np.empty(0)
    y = np.repeat([places[name] for name in present], [len(values[name]) for name in present])
    ok = np.isfinite(x) & (x >= ends[0]) & (x <= ends[1])
    axes.scatter(
        x[ok], y[ok], s=10, c=shades[ok], alpha=0.8, lw=0, zorder=2.5, label="seeds"
    )  # fmt: skip
    floor, beaten = shown.floor(metric), shown.gaussian(metric)
    axes.axvline(floor, label="floor", **_style.FLOOR_LINE)
    axes.axvline(beaten, label="gaussian", **_style.GAUSSIAN_LINE)
    if not _style.edge_note(axes, "x", floor, f"floor {number(floor)}"):
        _style.edge_note(axes, "x", beaten, f"Gaussian {number(beaten)}")
    if crosses:
        _failed(axes, shown, metric, places)
    axes.set_xlabel(
        f"{axis_label(metric, shown.known[metric])},\n{BEST[shown.known[metric].target]}"
    )
    names = [short(name) for name in shown.order]
    _style.rows_of_names(axes, names, [shown.colours[name] for name in shown.order], labelled)


def _failed(axes: Axes, shown: Shown, metric: str, places: dict[str, int]) -> None:
    """Draw a cross at the worst end for every name with failed seeds, and how many there are."""
    failures = {name: n for name, n in shown.failures(metric).items() if name in places}
    worst = 0.0 if shown.known[metric].higher_is_better else 1.0
    at = axes.get_yaxis_transform()
    axes.scatter(
        [worst] * len(failures), [places[name] for name in failures], marker="x", s=18, lw=1.2,
        color=_style.BAD, transform=at, clip_on=False, zorder=4, label="failed",
    )  # fmt: skip
    for name, n in failures.items():
        axes.text(
            worst + (0.02 if worst == 0 else -0.02), places[name], f"{n} failed",
            ha="left" if worst == 0 else "right", va="center", color=_style.BAD, fontsize=6,
            transform=at, bbox={"fc": "white", "ec": "none", "alpha": 0.75, "pad": 0.4},
        )  # fmt: skip


def _beyond(axes: Axes, shown: Shown) -> None:
    """Draw an arrow for each name without a seed on the panel from near, at the side it lies on."""
    low, high = axes.get_xlim()
    values = shown.values(shown.primary)
    for place, name in enumerate(shown.order):
        own = values.get(name, np.empty(0))
        if len(own) and not ((own >= low) & (own <= high)).any():
            left = float(median(own)) < low
            axes.text(
                0.01 if left else 0.99, place, "◂" if left else "▸", color=_style.PALE,
                fontsize=6, ha="left" if left else "right", va="center",
                transform=axes.get_yaxis_transform(),
            )  # fmt: skip


def _axis(shown: Shown, metric: str) -> tuple[tuple[float, float], bool]:
    """Return the ends of an axis of all values of a quantity, and whether it is logarithmic."""
    own = [v for found in shown.values(metric).values() for v in found]
    own += [shown.floor(metric), shown.gaussian(metric)]
    log = _style.wide(own)
    return _style.limits(own, log), log


EXPLAINED = (
    "Dot: a seed's last value; dark bar: median; pale bar: 95 % interval of the IQM; red cross: "
    "failed seeds. "
)


def final_values(shown: Shown) -> Figure:
    """Return the last values of the primary quantity: the top group from near, and all."""
    metric = shown.primary
    ends, log = _axis(shown, metric)
    zoom = near(shown, ends, log)
    said = (
        " Left: the best from near; grey: the top group (within the noise of the best, or its "
        "rank); ▸: all seeds beyond."
    ) if zoom else ""  # fmt: skip
    title = f"Every seed's last {metric}, in the order of the leaderboard"
    page = Page(
        ROW * (len(shown.order) + 0.2), title, EXPLAINED + shown.lines(metric) + said,
        shown.caption(),
        [shown.families[name] for name in shown.order], below=0.48, above=0.14,
    )  # fmt: skip
    left = name_margin([short(name) for name in shown.order])
    middle = left + (WIDTH - RIGHT - left) * (0.5 if zoom else 0.0)
    if zoom:
        axes = page.panel(left, middle - GAP / 2)
        draw(axes, shown, metric, zoom, log=False, crosses=False)
        _beyond(axes, shown)
        for name in top_group(shown):
            place = shown.order.index(name)
            axes.axhspan(place - 0.5, place + 0.5, color="0.955", lw=0, zorder=0)
    axes = page.panel(middle + (GAP / 2 if zoom else 0.0), WIDTH - RIGHT)
    draw(axes, shown, metric, ends, log, labelled=not zoom)
    return page.figure


def headline_values(shown: Shown) -> Figure | None:
    """Return the last values of the other headlines, a panel each; None where there are none."""
    present = set(shown.board["metric"]) - {shown.primary}
    metrics = [key for key, q in shown.known.items() if q.headline and key in present]
    if not metrics:
        return None
    a_line = math.ceil(len(metrics) / math.ceil(len(metrics) / PER_LINE))
    lines = [metrics[i : i + a_line] for i in range(0, len(metrics), a_line)]
    rows, gap = ROW * (len(shown.order) + 0.2), 0.76
    page = Page(
        len(lines) * (rows + gap) - gap,
        "Every seed's last values, in the order of the leaderboard",
        EXPLAINED + shown.lines(*metrics), shown.caption(*metrics),
        [shown.families[name] for name in shown.order],
        below=0.62, above=0.14,
    )  # fmt: skip
    for line, own in enumerate(lines):
        _line_of_panels(page, shown, own, page.body - line * (rows + gap) - rows, rows)
    return page.figure


def _line_of_panels(
    page: Page, shown: Shown, metrics: Sequence[str], low: float, rows: float
) -> None:
    """Draw one line of panels; the first has the names."""
    left = name_margin([short(name) for name in shown.order])
    width = (WIDTH - RIGHT - left) / len(metrics)
    for place, metric in enumerate(metrics):
        start = left + place * width
        axes = page.panel(
            start + (GAP / 2 if place else 0), start + width - GAP / 2, low, low + rows
        )
        draw(axes, shown, metric, *_axis(shown, metric), labelled=not place)
        if axes.get_xscale() == "linear":
            axes.xaxis.set_major_locator(MaxNLocator(4))
        label = axis_label(metric, shown.known[metric])
        lines = textwrap.wrap(label, int(width / LETTER_OF_LABEL))
        axes.set_xlabel("\n".join([*lines, BEST[shown.known[metric].target]]), fontsize=6.5)
