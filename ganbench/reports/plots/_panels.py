"""Many small panels in one: all that a figure of 51 methods can afford.

A panel of matplotlib's own takes 50 ms to make and to draw, and there are five figures of 53. Here
all panels lie in one, a unit square each, and every kind of line is drawn at once.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, MaxNLocator
from numpy.typing import NDArray

from ganbench.reports.plots import _style
from ganbench.reports.plots._page import LETTER, Page
from ganbench.reports.plots.shown import short

TITLE, GAP = 0.17, 0.05  # inches of a panel's title, and between panels
LETTERS = 21  # of a title
Ends = tuple[float, float]


def ticks(ends: Ends, log: bool, most: int) -> list[float]:
    """Return at most about ``most`` places of an axis that are round numbers."""
    low, high = ends
    if not log:
        places = MaxNLocator(most, steps=[1, 2, 5, 10]).tick_values(low, high)
        return [float(v) for v in places if low <= v <= high]
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for heads in ((1, 2, 5), (1, 3), (1,)):
        found = [h * 10.0**k for k in range(first, last + 1) for h in heads]
        found = [v for v in found if low <= v <= high]
        if len(found) <= most:
            return found
    return found[:: math.ceil(len(found) / most)]


def _few_digits(value: float) -> str:
    return f"{value:.0f}" if 100 <= abs(value) < 1e5 else f"{value:.2g}"


class Panels:
    """A grid of panels, ``columns`` a line.

    Attributes:
        axes: that all are drawn in; the panel in column i and line j fills the square there.
        figure: of matplotlib.
    """

    def __init__(
        self,
        page: Page,
        left: float,
        right: float,
        lines: int,
        columns: int,
        x: Ends,
        y: Sequence[Ends],
        log: Sequence[bool],
    ) -> None:
        """Make the panels.

        Args:
            left, right: inches. x: the ends of all x axes. y, log: of each panel's y axis.
        """
        self.columns, self.x, self.y, self.log = columns, x, list(y), list(log)
        self.figure: Figure = page.figure
        self.axes = page.panel(left, right)
        self.axes.set(xlim=(0, columns), ylim=(lines, 0))
        self.axes.set_axis_off()
        gap = GAP * columns / (right - left)
        self.inner = (gap / 2, 1 - gap / 2)
        self.upper, self.lower = TITLE * lines / page.body, 1 - 0.03 * lines / page.body
        corners = [self._corners(place) for place in range(len(self.y))]
        self.axes.add_collection(
            PolyCollection(corners, fc="white", ec="0.75", lw=0.6, zorder=0, label="frames")
        )

    def _corners(self, place: int) -> NDArray[np.float64]:
        (low, high), column, line = self.inner, place % self.columns, place // self.columns
        box = [(low, self.upper), (high, self.upper), (high, self.lower), (low, self.lower)]
        return np.array(box) + (column, line)

    def points(self, place: int, x: Any, y: Any) -> NDArray[np.float64]:
        """Return where values are in the panel ``place``, ``[N, 2]``; those beyond it at its edge.

        What is not finite is left out.
        """
        xs, ys = np.asarray(x, float), np.asarray(y, float)
        low, high = self.y[place]
        if self.log[place]:
            ys = np.log(np.where(ys > 0, ys, np.nan))
            low, high = math.log(low), math.log(high)
        across = np.clip((xs - self.x[0]) / (self.x[1] - self.x[0]), 0, 1)
        up = np.clip((ys - low) / (high - low), 0, 1)
        column, line = place % self.columns, place // self.columns
        points = np.stack(
            [
                column + self.inner[0] + across * (self.inner[1] - self.inner[0]),
                line + self.lower - up * (self.lower - self.upper),
            ],
            axis=1,
        )
        return points[np.isfinite(points).all(1)]

    def draw(self, curves: Iterable[tuple[int, Any, Any]], label: str, **look: Any) -> None:
        """Draw curves ``(panel, x, y)`` of one kind."""
        segments = [self.points(place, x, y) for place, x, y in curves]
        self.axes.add_collection(LineCollection(segments, label=label, **look), autolim=False)

    def fill(self, ranges: Iterable[tuple[int, Any, Any, Any]], label: str, **look: Any) -> None:
        """Fill ``(panel, x, low, high)``."""
        areas = [
            np.concatenate([self.points(place, x, low), self.points(place, x, high)[::-1]])
            for place, x, low, high in ranges
        ]
        self.axes.add_collection(PolyCollection(areas, lw=0, label=label, **look), autolim=False)

    def dots(self, curves: Iterable[tuple[int, Any, Any]], label: str, **look: Any) -> None:
        """Draw the points of curves."""
        found = [self.points(place, x, y) for place, x, y in curves]
        points = np.concatenate(found) if found else np.empty((0, 2))
        self.axes.scatter(*points.T, lw=0, label=label, **look)

    def across(self, values: Sequence[float], label: str, **look: Any) -> None:
        """Draw a level line at each panel's value, where it lies in the panel."""
        inside = [
            (place, self.x, (value, value))
            for place, (value, (low, high)) in enumerate(zip(values, self.y, strict=True))
            if low <= value <= high
        ]
        self.draw(inside, label, **look)

    def titles(self, names: Sequence[str], colours: Sequence[str]) -> None:
        """Write a name above each panel, in its colour."""
        for place, (name, given) in enumerate(zip(names, colours, strict=True)):
            text = short(name, LETTERS)
            size = 6.5 if len(text) <= 16 else 5.2
            x, y = place % self.columns + self.inner[0], place // self.columns + self.upper * 0.88
            shade = _style.darker(given)
            self.axes.text(
                x, y, text, fontsize=size, va="bottom", color=shade, weight="bold", gid="title"
            )

    def label_x(self, label: str) -> None:
        """Label the x axis below the last panel of each column, and draw its lines in all."""
        engineering = EngFormatter(sep="")
        places = ticks(self.x, False, 3)
        self.draw(
            [(p, (v, v), self.y[p]) for p in range(len(self.y)) for v in places],
            "grid", colors="0.93", lw=0.5, zorder=0.5,
        )  # fmt: skip
        for column in range(min(self.columns, len(self.y))):
            last = max(p for p in range(len(self.y)) if p % self.columns == column)
            for value in places:
                x, y = self.points(last, [value], [self.y[last][0]])[0]
                share = (value - self.x[0]) / (self.x[1] - self.x[0])
                ha = "left" if share < 0.06 else "right" if share > 0.9 else "center"
                self.axes.text(x, y + 0.03, engineering(value), fontsize=5.5, ha=ha, va="top")
        self.axes.text(
            0.5, -0.16 / self._inches(), label, transform=self.axes.transAxes, fontsize=7,
            ha="center", va="top",
        )  # fmt: skip

    def _inches(self) -> float:
        return self.axes.get_position().height * self.figure.get_figheight()

    def label_y(self, label: str) -> None:
        """Label the y axis that all panels share at the first panel of each line."""
        places = ticks(self.y[0], self.log[0], 4)
        self.draw(
            [(p, self.x, (v, v)) for p in range(len(self.y)) for v in places],
            "grid", colors="0.93", lw=0.5, zorder=0.5,
        )  # fmt: skip
        for place in range(0, len(self.y), self.columns):
            for value in places:
                x, y = self.points(place, [self.x[0]], [value])[0]
                self.axes.text(x - 0.02, y, f"{value:g}", fontsize=5.5, ha="right", va="center")
        self.name_y(label)

    def name_y(self, label: str) -> None:
        """Write what the y axes are."""
        label = textwrap.fill(label, max(12, int(self._inches() / LETTER)))
        self.figure.text(
            0.008, self.axes.get_position().y0 + self.axes.get_position().height / 2, label,
            rotation=90, fontsize=7, ha="left", va="center",
        )  # fmt: skip

    def label_each_y(self) -> None:
        """Write the ends of each panel's own y axis into it."""
        for place, (low, high) in enumerate(self.y):
            x = place % self.columns + self.inner[0] + 0.02
            line = place // self.columns
            for value, y, va in ((high, self.upper, "top"), (low, self.lower, "bottom")):
                self.axes.text(
                    x, line + y, _few_digits(value), fontsize=4.8, color="0.35", va=va, zorder=5
                )
