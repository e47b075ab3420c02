"""One look for every figure: sizes, lines, axes, the caption, and how a figure is written.

Figures are as wide as a page of a paper and have text of 6 to 9 points, so that nobody has to
scale them.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from ganbench.core.files import write_bytes
from ganbench.experiment.records import QuantityInfo
from ganbench.reports.colours import CONTROL_FAMILY, FAMILIES, colour

WIDTH = 7.0  # inches: both columns of a paper
ROW = 0.148  # inches of a row with a name; 55 rows fit a page
GREY = "0.45"
PALE = "0.8"
FLOOR_LINE: dict[str, Any] = {"color": "0.2", "ls": "--", "lw": 0.9, "zorder": 1.5}
GAUSSIAN_LINE: dict[str, Any] = {"color": "0.2", "ls": ":", "lw": 1.1, "zorder": 1.5}
BAD = "#B2182B"  # crosses of failed seeds
WIDE_RATIO = 20  # the ratio of positive values from which an axis is logarithmic
CLOSE_RATIO = 5  # the same for an axis of which the floor is not the message
SHORT = 200  # the ratio of a logarithmic axis's ends, below which it needs labels between
MARKERS = "osD^vP*XpH<>d"  # of families, in their order; colour is never the only difference
DASHES = ["-", (0, (4, 1.2)), (0, (1, 1)), (0, (5, 1, 1, 1)), (0, (3, 1, 1, 1, 1, 1))]


def style() -> None:
    """Set the look of every plot."""
    sns.set_theme(context="paper", style="whitegrid")
    plt.rcParams |= {
        "figure.dpi": 100, "savefig.dpi": 160, "svg.hashsalt": "ganbench",
        "text.hinting": "none", "text.parse_math": False,  # a name may hold any letter
        "font.size": 7, "axes.labelsize": 7.5, "axes.titlesize": 7.5,
        "xtick.labelsize": 6.5, "ytick.labelsize": 6.5, "legend.fontsize": 6.5,
        "grid.linewidth": 0.5, "grid.color": "0.9", "axes.linewidth": 0.7, "axes.edgecolor": "0.6",
        "xtick.major.pad": 1.5, "ytick.major.pad": 1.5, "axes.labelpad": 2.5,
    }  # fmt: skip


def axis_label(key: str, quantity: QuantityInfo) -> str:
    """Return the label of an axis: the quantity in words, with its key."""
    return f"{quantity.label} ({key})" if quantity.label else key


def save(figure: Figure, path: Path, kinds: tuple[str, ...] = ("png", "svg")) -> list[Path]:
    """Write ``path`` as each of ``kinds`` and close the figure."""
    written = []
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine("none")  # once is enough for all files
    for kind in kinds:
        buffer = io.BytesIO()
        figure.savefig(buffer, format=kind, metadata={"Date": None} if kind == "svg" else None)
        target = path.with_name(f"{path.name}.{kind}")
        write_bytes(target, buffer.getvalue())
        written.append(target)
    plt.close(figure)
    return written


def says(figure: Figure, title: str, explained: str, caption: str) -> None:
    """Write what a figure shows at its top, and what it is made of in small letters at its end.

    Args:
        explained: what the marks mean, one or several lines.
        caption: data set, arch, budget, seeds, protocol.
    """
    height = figure.get_figheight()
    given: dict[str, Any] = {"ha": "left", "va": "top", "linespacing": 1.25}
    figure.text(0.012, 1 - 0.06 / height, title, fontsize=9, weight="bold", **given)
    figure.text(0.012, 1 - 0.235 / height, explained, fontsize=6.5, color="0.3", **given)
    figure.text(0.012, 0.05 / height, caption, fontsize=5.5, color=GREY, ha="left", va="bottom")


def wide(values: Iterable[float]) -> bool:
    """Return whether ``values`` are positive and so far apart that an axis is logarithmic."""
    finite = np.array([v for v in values if math.isfinite(v)], float)
    return bool(len(finite) and finite.min() > 0 and finite.max() / finite.min() > WIDE_RATIO)


def limits(values: Iterable[float], log: bool) -> tuple[float, float]:
    """Return the ends of an axis that shows all finite ``values``."""
    finite = np.array([v for v in values if math.isfinite(v)], float)
    if not len(finite):
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    if log:
        room = (high / low) ** 0.05 if high > low else 1.5
        return low / room, high * room
    room = 0.05 * (high - low) or 0.05 * abs(high) or 0.5
    return low - room, high + room


def axis_for(values: Iterable[float], floor: float) -> tuple[tuple[float, float], bool]:
    """Return the ends of an axis for ``values``, and whether it is logarithmic.

    The floor is on it where it takes at most half of it: a floor far away would hide all
    differences.
    """
    found = finite(values)
    if not len(found):
        return limits([floor], log=False), False
    with_floor = finite([*found, floor])
    log = bool(with_floor.min() > 0 and found.max() / found.min() > CLOSE_RATIO)

    def span(values: NDArray[np.float64]) -> float:
        return float(np.ptp(np.log(values) if log else values))

    if span(with_floor) <= 2 * span(found) or span(found) == 0:
        found = with_floor
    return limits(found, log), log


def label_between(axis: Axis, ratio: float) -> None:
    """Label a logarithmic axis with too few powers of ten to be read by them only.

    Args:
        ratio: of its ends. A short axis has labels at all ticks, a longer one at 2s and 5s.
    """
    labelled = "23456789" if ratio < 4 else "2357" if ratio < 8 else "25"
    axis.set_minor_formatter(
        matplotlib.ticker.FuncFormatter(
            lambda value, _: f"{value:g}" if f"{value:e}"[0] in labelled else ""
        )
    )


def scaled(axes: Axes, way: str, ends: tuple[float, float], log: bool) -> None:
    """Give the axis ``way`` (``x`` or ``y``) its scale and its ends, with labels to read it by."""
    axis = axes.xaxis if way == "x" else axes.yaxis
    (axes.set_xscale if way == "x" else axes.set_yscale)("log" if log else "linear")
    (axes.set_xlim if way == "x" else axes.set_ylim)(*ends)
    if not log:
        return
    axis.set_major_formatter("{x:g}")
    ratio = max(ends) / min(ends)
    if ratio < SHORT:
        label_between(axis, ratio)


def rows_of_names(
    axes: Axes, names: Sequence[str], colours: Sequence[str], labelled: bool = True
) -> None:
    """Make ``axes`` a list: a row for each name, the first on top.

    Args:
        labelled: the names stand at the left; a panel beside another one has none.
    """
    axes.set_yticks([])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.hlines(
        range(len(names)), 0, 1, transform=axes.get_yaxis_transform(), color="0.95", lw=0.5,
        zorder=0.4,
    )  # fmt: skip
    if labelled:
        write_names(axes, names, range(len(names)), colours)


def write_names(
    axes: Axes, names: Sequence[str], places: Iterable[float], colours: Sequence[str]
) -> None:
    """Write ``names`` left of a panel, each in its colour; ticks would take ten times as long."""
    at = axes.get_yaxis_transform()
    shift = -0.04 / (axes.get_position().width * WIDTH)
    for name, place, given in zip(names, places, colours, strict=True):
        axes.text(
            shift, place, name, transform=at, ha="right", va="center", fontsize=6.5,
            color=darker(given), gid="name",
        )  # fmt: skip


def darker(given: str) -> tuple[float, float, float]:
    """Return a colour that is dark enough for small letters on white."""
    red, green, blue = matplotlib.colors.to_rgb(given)
    light = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
    factor = min(1.0, (0.18 / light) ** (1 / 2.2)) if light else 1.0
    return red * factor, green * factor, blue * factor


def marker(family: str) -> str:
    """Return the mark of a family in scatter plots."""
    known = [*FAMILIES, CONTROL_FAMILY]
    return MARKERS[known.index(family) % len(MARKERS)] if family in known else "o"


def dashes(families: Sequence[str]) -> list[object]:
    """Return a way to dash the line of each: those of one family, and of one colour, differ."""
    return [
        DASHES[families[:place].count(family) % len(DASHES)]
        for place, family in enumerate(families)
    ]


def family_legend(
    figure: Figure, families: Iterable[str], bottom: float, marks: bool = False
) -> None:
    """Draw what the colours mean below the panels.

    Args:
        bottom: inches from the figure's end. marks: each family has a mark of its own.
    """
    present = set(families) - {CONTROL_FAMILY}
    known = [family for family in FAMILIES if family in present]
    handles = [
        Line2D([], [], ls="", marker=marker(f) if marks else "s", ms=4.5, color=colour(f), label=f)
        for f in known + sorted(present - set(known))
    ]
    if handles:
        figure.legend(
            handles=handles, loc="lower left", ncols=min(5, len(handles)), frameon=False,
            bbox_to_anchor=(0.005, bottom / figure.get_figheight()), handletextpad=0.1,
            columnspacing=1.0, borderpad=0, labelspacing=0.25, fontsize=6.2,
        )  # fmt: skip


def legend_height(families: Iterable[str]) -> float:
    """Return the inches that ``family_legend`` takes."""
    return 0.125 * math.ceil(len(set(families) - {CONTROL_FAMILY}) / 5)


def edge_note(axes: Axes, way: str, at: float, text: str) -> bool:
    """Return whether ``at`` lies beyond an axis; if so its edge says where the value is.

    Args:
        way: ``x`` or ``y``. text: what it is, as ``floor 0.01``.
    """
    low, high = sorted(axes.get_xlim() if way == "x" else axes.get_ylim())
    if not math.isfinite(at) or low <= at <= high:
        return False
    below = at < low
    if way == "x":
        place, arrow = (0.01 if below else 0.99, 1.005), f"◂ {text}" if below else f"{text} ▸"
        where: dict[str, Any] = {"ha": "left" if below else "right", "va": "bottom"}
    else:
        place, arrow = (0.99, 0.01 if below else 0.99), f"{text} {'▾' if below else '▴'}"
        where = {"ha": "right", "va": "bottom" if below else "top"}
    axes.text(*place, arrow, transform=axes.transAxes, fontsize=6, color="0.2", **where)
    return True


def finite(values: Iterable[float]) -> NDArray[np.float64]:
    """Return the finite ones of ``values``."""
    given = np.asarray(list(values), float)
    return given[np.isfinite(given)]
