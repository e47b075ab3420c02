"""Method by headline quantity, each against its floor."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ganbench.core.kinds.metric import ARROWS
from ganbench.reports.plots import _style
from ganbench.reports.plots._page import RIGHT, Page, name_margin
from ganbench.reports.plots._style import ROW, WIDTH
from ganbench.reports.plots.shown import Shown, short
from ganbench.reports.tables import number

SURE = 4.0  # a floor of fewer than so many of its standard deviations is no unit to divide by
MAP = "mako_r"


@dataclass(frozen=True)
class Column:
    """One quantity of the map.

    Attributes:
        head: what its numbers are. texts: of the cells. scores: 0 as real data, 1 the worst here;
            NaN where there is no value.
    """

    head: str
    texts: list[str]
    scores: NDArray[np.float64]


def column(shown: Shown, metric: str) -> Column:
    """Return the column of one quantity.

    Where lower is better that is value / floor; where higher is better the share of the floor; and
    where the floor is not known to a quarter, or is the target, the difference from it in standard
    deviations of a draw of it (in the quantity's unit where they are not known).
    """
    target, floor = shown.known[metric].target, shown.floor(metric)
    sd, rows = shown.floor_sds.get(metric, math.nan), shown.rows_of(metric)
    values = np.array([rows[n]["median"] if n in rows else math.nan for n in shown.order], float)
    head = f"{metric} {ARROWS[target]}\n"
    if math.isnan(floor):
        head, shortfalls = head + "value", values if target == "lower" else -values
        texts = [number(value) for value in values]
        shortfalls = shortfalls - np.nanmin(shortfalls, initial=math.inf)
    elif target == "higher" and floor > 0:
        head, shares = head + "÷ floor", values / floor
        texts, shortfalls = [f"{v:.2f}" for v in shares], np.maximum(1 - shares, 0)
    elif target == "lower" and floor > 0 and not floor < SURE * sd:
        head, ratios = head + "÷ floor", values / floor
        texts = [f"{number(v)}×" if math.isfinite(v) else number(v) for v in ratios]
        shortfalls = np.log(np.maximum(ratios, 1))
    else:
        unit, name = (sd, "floor's sd") if sd > 0 else (1.0, "difference")
        away = (values - floor) / unit
        head, texts = head + f"− floor, {name}", [_signed(v) for v in away]
        away = np.abs(away) if target == "floor" else np.maximum(away, 0)
        shortfalls = np.log1p(away)
    return Column(head, texts, _scores(shortfalls))


def _signed(value: float) -> str:
    """Return a difference with its sign, to a tenth where it is small."""
    if not math.isfinite(value):
        return number(value)
    size = f"{abs(value):.1f}" if abs(value) < 10 else f"{abs(value):.0f}"
    return f"{'+' if value >= 0 else '−'}{size}"


def _scores(shortfalls: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return shortfalls as 0 (none) to 1 (the worst that is finite, and what is infinite)."""
    known = _style.finite(shortfalls)
    worst = known.max() if len(known) and known.max() > 0 else 1.0
    return np.minimum(shortfalls / worst, 1.0)


def heat_map(shown: Shown) -> Figure | None:
    """Return the map of the primary quantity and all headlines; None where that is only one."""
    present = set(shown.board["metric"])
    headlines = [key for key, q in shown.known.items() if q.headline and key != shown.primary]
    metrics = [shown.primary, *(key for key in headlines if key in present)]
    if len(metrics) < 2:
        return None
    names = [*shown.real(), *(n for n in shown.order if n not in set(shown.real()))]
    at = [shown.order.index(name) for name in names]
    columns = [column(shown, metric) for metric in metrics]
    page = Page(
        ROW * len(names), "Medians against real data, in the order of the leaderboard",
        "Floor: the same quantity between two sets of real data. Light: as real data; dark: the "
        "worst of the column. Each column has its own scale (logarithmic where it is a multiple or "
        "a difference).",
        shown.caption(*metrics), [shown.families[name] for name in names], below=0.1, above=0.3,
    )  # fmt: skip
    left = name_margin([short(name) for name in names])
    axes = page.panel(left, WIDTH - RIGHT - 0.55)
    scores = np.stack([own.scores[at] for own in columns], axis=1)
    mesh = axes.pcolormesh(
        np.ma.masked_invalid(scores), cmap=_style.sns.color_palette(MAP, as_cmap=True), vmin=0,
        vmax=1.0, edgecolors="white", lw=0.6,
    )  # fmt: skip
    _texts(axes, [[own.texts[i] for own in columns] for i in at], scores)
    axes.set_xticks(np.arange(len(metrics)) + 0.5, [own.head for own in columns])
    axes.tick_params(labeltop=True, labelbottom=False, length=0, pad=1)
    axes.set(ylim=(len(names), 0), yticks=[])
    _style.write_names(
        axes, [short(name) for name in names], np.arange(len(names)) + 0.5,
        [shown.colours[name] for name in names],
    )  # fmt: skip
    axes.grid(visible=False)
    best = "best\nhere" if math.isnan(shown.floor(shown.primary)) else "real\ndata"
    tall = min(page.body, 2.0)
    bar = page.panel(WIDTH - RIGHT - 0.48, WIDTH - RIGHT - 0.38, page.body - tall)
    page.figure.colorbar(mesh, cax=bar, ticks=[0, 1]).ax.set_yticklabels([best, "worst\nhere"])
    bar.tick_params(length=0, labelsize=5.8)
    return page.figure


def _texts(axes: Axes, texts: list[list[str]], scores: NDArray[np.float64]) -> None:
    """Write every cell's text, white where the cell is dark."""
    for i, line in enumerate(texts):
        for j, text in enumerate(line):
            axes.text(
                j + 0.5, i + 0.52, text, ha="center", va="center", fontsize=6,
                color="white" if scores[i, j] > 0.4 else "0.1",
            )  # fmt: skip
