"""Performance profiles: which share of a method's seeds is at least so good."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ganbench.core.kinds.metric import shortfall
from ganbench.reports.plots import _style
from ganbench.reports.plots._page import Page
from ganbench.reports.plots._style import WIDTH, axis_label
from ganbench.reports.plots.shown import Shown, short
from ganbench.reports.tables import number

COLOURED = 8  # methods with a colour
IN_LEGEND = 24  # letters of a name


def profile(
    values: NDArray[np.float64], higher: bool, ends: tuple[float, float]
) -> NDArray[np.float64]:
    """Return the corners ``[K, 2]`` of the share of ``values`` at or below each value (or above).

    Args:
        values: of all seeds; infinite (the worse end) for those without one.
        higher: the share is of values at or above. ends: of the axis; the curve spans all of it.
    """
    sign = -1.0 if higher else 1.0
    ordered = np.sort(sign * values)
    reached = ordered[ordered <= sign * ends[0 if higher else 1]]
    x = np.repeat(reached, 2)
    share = np.arange(len(reached) + 1) / len(values)
    start, end = (sign * ends[1], sign * ends[0]) if higher else ends
    x = np.concatenate([[start], x, [end]])
    return np.stack([sign * x, np.repeat(share, 2)], axis=1)


def profiles(shown: Shown) -> Figure | None:
    """Return the profile of every method; None where most have one seed."""
    if shown.usual_seeds < 2:
        return None
    metric = shown.primary
    info, floor = shown.known[metric], shown.floor(metric)
    never = -math.inf if info.target == "higher" else math.inf
    trained = set(shown.trained)
    values = {n: v for n, v in shown.values(metric, failed=never).items() if n in trained}
    label = axis_label(metric, info)
    if info.target == "floor":  # how far from it, lower is better
        values = {name: shortfall(own, floor, info.target) for name, own in values.items()}
        label, floor = f"distance of {label} from its floor", 0.0
    higher = info.target == "higher"
    beaten = math.nan if info.target == "floor" else shown.gaussian(metric)
    fine = [v for name in shown.learned or shown.trained for v in values.get(name, ())]
    ends, log = _style.axis_for([*fine, beaten], floor)
    best = [name for name in shown.top(COLOURED) if name in values]
    families = [shown.families[name] for name in best]
    page = Page(
        2.9, f"Share of seeds {'at or above' if higher else 'at or below'} each {metric}",
        f"The further up and to the {'right' if higher else 'left'} a curve is, the better. A "
        "failed seed reaches no value.",
        shown.caption(), above=0.1,
    )  # fmt: skip
    axes = page.panel(0.5, WIDTH - 2.1)
    _style.scaled(axes, "x", ends, log)
    others = [profile(own, higher, ends) for name, own in values.items() if name not in best]
    axes.add_collection(
        LineCollection(others, colors=_style.PALE, lw=0.6, label="others"), autolim=False
    )
    for name, way in zip(best, _style.dashes(families), strict=True):
        corners = profile(values[name], higher, ends)
        axes.plot(
            *corners.T, color=shown.colours[name], ls=way, lw=1.5, label=short(name, IN_LEGEND)
        )
    if not _style.edge_note(axes, "x", floor, f"floor {number(floor)}") and np.isfinite(floor):
        axes.axvline(floor, label=f"floor (real data) {number(floor)}", **_style.FLOOR_LINE)
    if np.isfinite(beaten):
        axes.axvline(beaten, label=f"Gaussian {number(beaten)}", **_style.GAUSSIAN_LINE)
    axes.set(ylim=(-0.02, 1.02), xlabel=label, ylabel="share of seeds")
    handles, labels = axes.get_legend_handles_labels()
    last = sorted(range(len(labels)), key=lambda i: labels[i] == "others")
    last = [i for i in last if others or labels[i] != "others"]
    axes.legend(
        [handles[i] for i in last],
        [_others(len(others)) if labels[i] == "others" else labels[i] for i in last],
        loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, handlelength=2.6,
    )  # fmt: skip
    return page.figure


def _others(count: int) -> str:
    return f"{count} other{'' if count == 1 else 's'}"
