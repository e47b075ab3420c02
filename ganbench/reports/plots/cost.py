"""What quality costs: seconds of training against the primary quantity."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from ganbench.core.kinds.metric import BEST, shortfall
from ganbench.reports.plots import _style
from ganbench.reports.plots._page import RIGHT, Page
from ganbench.reports.plots._style import WIDTH, axis_label
from ganbench.reports.plots.shown import Shown, short
from ganbench.reports.tables import number

NAMED = 10  # of the best, beside the Pareto front
TRIES = [  # where a label is put: from its point, in points, and how it is aligned
    (reach * dx, reach * dy, ha, va)
    for reach in (4.5, 9, 15, 22, 30, 40, 52)
    for dx, dy, ha, va in (
        (1, 0, "left", "center"), (0.8, 0.8, "left", "bottom"), (0.8, -0.8, "left", "top"),
        (-1, 0, "right", "center"), (-0.8, 0.8, "right", "bottom"), (-0.8, -0.8, "right", "top"),
        (0, 1, "center", "bottom"), (0, -1, "center", "top"),
    )
]  # fmt: skip


def front(costs: NDArray[np.float64], shortfalls: NDArray[np.float64]) -> list[int]:
    """Return the places of the Pareto front, the cheapest first.

    Nothing costs at most as much and is better than one of these.
    """
    found: list[int] = []
    for place in np.lexsort((shortfalls, costs)):
        if math.isfinite(shortfalls[place]) and (
            not found or shortfalls[place] < shortfalls[found[-1]]
        ):
            found.append(int(place))
    return found


def seconds(row: dict[str, Any]) -> float:
    """Return the CPU seconds of a training, or those of the clock where only they are known."""
    return float(row["train_s"] if math.isnan(row["train_cpu_s"]) else row["train_cpu_s"])


def cost(shown: Shown) -> Figure | None:
    """Return cost against quality of every method; None where fewer than two are known."""
    names = [n for n in shown.trained if seconds(shown.placed[n]) > 0]
    if len(names) < 2:
        return None
    metric, info = shown.primary, shown.known[shown.primary]
    floor, beaten = shown.floor(metric), shown.gaussian(metric)
    x = np.array([seconds(shown.placed[name]) for name in names])
    y = np.array([shown.placed[name]["median"] for name in names], float)
    families = [shown.families[name] for name in names]
    page = Page(
        3.5, f"Cost against quality: {metric}",
        "Each mark: the median over a method's seeds. Line: the Pareto front, which nobody beats "
        "at their cost. Names: the front and the ten best. Filled: most seeds learned; at the "
        f"edge: beyond the axis; a cross there: no finite median. {shown.lines(metric)}",
        shown.caption(), families, marks=True,
    )  # fmt: skip
    axes = page.panel(0.62, WIDTH - RIGHT)
    _style.scaled(axes, "x", _ends(x), log=True)
    fine = [shown.placed[name]["median"] for name in shown.learned or shown.trained]
    _style.scaled(axes, "y", *_style.axis_for([*fine, beaten], floor))
    y = np.where(np.isfinite(y), np.clip(y, *axes.get_ylim()), y)  # those beyond are at its edge
    best = front(x, shortfall(y, floor, info.target))
    steps = _front(axes, x, y, best, info.higher_is_better)
    _marks(axes, shown, names, x, y)
    axes.axhline(floor, label="floor", **_style.FLOOR_LINE)
    axes.axhline(beaten, label="gaussian", **_style.GAUSSIAN_LINE)
    _style.edge_note(axes, "y", floor, f"floor {number(floor)}")
    _style.edge_note(axes, "y", beaten, f"Gaussian {number(beaten)}")
    axes.set_xlabel("seconds of training, all cores together (CPU)")
    axes.set_ylabel(f"{axis_label(metric, info)}, {BEST[info.target]}")
    front_first = [*best, *(i for i, n in enumerate(names) if n in shown.top(NAMED))]
    named = [i for i in dict.fromkeys(front_first) if math.isfinite(y[i])]
    avoided = np.concatenate([steps, np.stack([x, y], axis=1)])
    colours = [shown.colours[names[i]] for i in named]
    _labels(axes, [short(names[i]) for i in named], x[named], y[named], avoided, colours)
    return page.figure


def _ends(x: NDArray[np.float64]) -> tuple[float, float]:
    """Return the ends of the axis of costs, with room for names."""
    low, high = float(x.min()), float(x.max())
    room = max((high / low) ** 0.08, 1.25)
    return low / room, high * room


def _front(
    axes: Axes, x: NDArray[np.float64], y: NDArray[np.float64], best: Sequence[int], higher: bool
) -> NDArray[np.float64]:
    """Draw the front as steps: what is reached for so many seconds.

    Returns:
        Points along the steps ``[N, 2]``.
    """
    if not best:
        return np.empty((0, 2))
    low, high = axes.get_ylim()
    xs = [x[best[0]], *x[best], axes.get_xlim()[1]]
    ys = [low if higher else high, *y[best], y[best[-1]]]
    axes.step(xs, ys, where="post", color="0.55", lw=1.0, zorder=1.2, label="front")
    levels = [
        np.stack([np.geomspace(xs[i], xs[i + 1], 200), np.full(200, ys[i])], axis=1)
        for i in range(1, len(xs) - 1)
    ]
    return np.concatenate(levels)


def _marks(
    axes: Axes, shown: Shown, names: list[str], x: NDArray[np.float64], y: NDArray[np.float64]
) -> None:
    """Draw every method's mark; hollow where most seeds have not learned."""
    fine, edge = set(shown.learned), axes.get_ylim()
    worst = edge[0] if shown.known[shown.primary].higher_is_better else edge[1]
    for family in dict.fromkeys(shown.families[name] for name in names):
        own = np.array([i for i, n in enumerate(names) if shown.families[n] == family])
        own = own[np.isfinite(y[own])]
        shades = [shown.colours[names[i]] if names[i] in fine else "white" for i in own]
        lines = ["0.15" if names[i] in fine else shown.colours[names[i]] for i in own]
        axes.scatter(
            x[own], y[own], s=24, marker=_style.marker(family), c=shades, edgecolors=lines,
            lw=[0.4 if names[i] in fine else 1.0 for i in own], zorder=3, label=family,
            clip_on=False,
        )  # fmt: skip
    bad = ~np.isfinite(y)
    axes.scatter(
        x[bad], np.full(bad.sum(), worst), marker="x", s=22, color=_style.BAD, clip_on=False,
        zorder=4, label="no finite median",
    )  # fmt: skip


def _labels(
    axes: Axes,
    names: Sequence[str],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    avoided: NDArray[np.float64],
    colours: Sequence[str],
) -> None:
    """Write names where they overlap neither each other nor a mark, with a line to their mark.

    Args:
        avoided: points ``[N, 2]`` that no name covers.
    """
    figure = axes.figure
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    dots = axes.transData.transform(avoided[np.isfinite(avoided).all(1)])
    inside, point = axes.get_window_extent(), figure.dpi / 72
    taken: list[Bbox] = []
    for name, at, given in zip(names, zip(x, y, strict=True), colours, strict=True):
        text = axes.annotate(
            name, at, xytext=(0, 0), textcoords="offset points", fontsize=6, zorder=5,
            color=_style.darker(given),
        )  # fmt: skip
        size = text.get_window_extent(renderer)
        here = axes.transData.transform(at)
        for dx, dy, ha, va in TRIES:
            box = _box(here + point * np.array([dx, dy]), size.width, size.height, ha, va)
            grown = box.padded(1.5 * point)
            hit = ((dots > grown.min) & (dots < grown.max)).all(1).any()
            fits = inside.containsx(box.x0) and inside.containsx(box.x1)
            fits = fits and inside.containsy(box.y0) and inside.containsy(box.y1)
            if fits and not hit and not any(box.overlaps(other) for other in taken):
                break
        taken.append(box)
        text.set(position=(dx, dy), ha=ha, va=va)
        if math.hypot(dx, dy) > 10:
            axes.annotate(
                "", at, xytext=(dx, dy), textcoords="offset points", zorder=2,
                arrowprops={"arrowstyle": "-", "color": "0.6", "lw": 0.5, "shrinkB": 2},
            )  # fmt: skip


def _box(at: NDArray[np.float64], width: float, height: float, ha: str, va: str) -> Bbox:
    """Return the place of a text of that size on the screen."""
    left = at[0] - {"left": 0.0, "center": 0.5, "right": 1.0}[ha] * width
    low = at[1] - {"bottom": 0.0, "center": 0.5, "top": 1.0}[va] * height
    return Bbox.from_bounds(left, low, width, height)
