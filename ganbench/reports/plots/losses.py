"""Losses and gradient norms of every method on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from ganbench.reports.plots import _style
from ganbench.reports.plots._page import RIGHT, Page
from ganbench.reports.plots._panels import Ends, Panels
from ganbench.reports.plots._style import WIDTH
from ganbench.reports.plots.curves import AXIS_WORDS, PANEL, grid
from ganbench.reports.plots.shown import Shown

History = Mapping[str, Sequence[float | None]]

WINDOWS = 50  # of updates, over which a curve is taken together
LEFT = 0.3
D_COLOUR, G_COLOUR = "#0072B2", "#D55E00"
ROOM = 0.2  # of an axis at each end, where its ends are written
OUTSIDE = 1.0  # percent of the values that may lie beyond an axis, at each end
KINDS = {
    "losses": ("d_loss", "g_loss", "Losses", "the loss of D", "the loss of G"),
    "gradient-norms": (
        "d_grad_norm", "g_grad_norm", "Norms of gradients", "D's gradient", "G's gradient"
    ),
    "logits": (
        "d_real", "d_fake", "What D says", "D's mean output on real", "on generated samples"
    ),
}  # fmt: skip


def windows(
    histories: Sequence[History], key: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ``[K]`` updates and ``[K, 3]``: the median, least and largest value of a window.

    Args:
        histories: of the seeds of one method. key: of the curve.
    """
    steps = np.concatenate([np.array(h["step"], float) for h in histories])
    values = np.concatenate([np.array(h[key], float) for h in histories])
    ok = np.isfinite(values)
    steps, values = steps[ok], values[ok]
    if not len(steps):
        return np.empty(0), np.empty((0, 3))
    edges = np.linspace(steps.min(), steps.max(), WINDOWS + 1)
    window = np.clip(np.searchsorted(edges, steps, side="right") - 1, 0, WINDOWS - 1)
    middles, found = [], []
    for place in np.unique(window):
        own = values[window == place]
        middles.append((edges[place] + edges[place + 1]) / 2)
        found.append((np.median(own), own.min(), own.max()))
    return np.array(middles), np.array(found)


def _ends(values: NDArray[np.float64], log: bool) -> Ends:
    """Return the ends of a panel's axis: all but single spikes."""
    found = _style.finite(values)
    found = found[found > 0] if log else found
    if not len(found):
        return (0.1, 1.0) if log else (0.0, 1.0)
    low, high = np.percentile(found, [OUTSIDE, 100 - OUTSIDE])
    if log:
        room = max(high / low, 1.5) ** ROOM
        return low / room, high * room
    room = ROOM * ((high - low) or 0.1 * abs(high) or 1.0)
    return low - room, high + room


def loss_panels(
    shown: Shown, histories: Mapping[str, Sequence[History]], kind: str
) -> Panels | None:
    """Return the panels of ``losses``."""
    first, second, title, *said = KINDS[kind]
    names = [name for name in shown.trained if any(first in h for h in histories.get(name, ()))]
    if not names:
        return None
    log = kind == "gradient-norms"
    own = {name: [h for h in histories[name] if first in h and second in h] for name in names}
    found = {(name, key): windows(own[name], key) for name in names for key in (first, second)}
    seeds = max(len(h) for h in own.values())
    lines, columns = grid(len(names))
    page = Page(
        max(PANEL, 1.9 / lines) * lines, f"{title} on the way",
        f"Line: median over {seeds if seeds > 1 else 'one'} {'seeds' if seeds > 1 else 'seed'} "
        f"and {WINDOWS} windows of updates; shade: the range. Every panel has its own axis, "
        "whose ends are written in it; single spikes lie at its edge."
        + (" Logarithmic." if log else ""),
        shown.caption(), below=0.56,
    )  # fmt: skip
    x = (0.0, 1.03 * max((v for middles, _ in found.values() for v in middles), default=1.0))
    y = [_ends(np.concatenate([found[n, k][1][:, 0] for k in (first, second)]), log) for n in names]
    right = WIDTH - RIGHT if columns > 2 else min(LEFT + 3.3 * columns, WIDTH - RIGHT)
    panels = Panels(page, LEFT, right, lines, columns, x, y, [log] * len(names))
    panels.label_x(AXIS_WORDS["g_steps"])
    if not log:
        panels.across([0.0] * len(names), "zero", colors="0.6", lw=0.5, zorder=1)
    for key, given in ((first, D_COLOUR), (second, G_COLOUR)):
        curves = [(place, *found[name, key]) for place, name in enumerate(names)]
        panels.fill(
            [(p, x, v[:, 1], v[:, 2]) for p, x, v in curves], f"{key} range", facecolors=given,
            alpha=0.16, zorder=2,
        )  # fmt: skip
        panels.draw([(p, x, v[:, 0]) for p, x, v in curves], key, colors=given, lw=0.9, zorder=3)
    panels.label_each_y()
    panels.titles(names, [shown.colours[name] for name in names])
    _legend(page, said)
    return panels


def _legend(page: Page, said: Sequence[str]) -> None:
    """Say which line is which, at the lower right."""
    handles = [
        Line2D([], [], color=given, lw=1.3, label=text)
        for given, text in zip((D_COLOUR, G_COLOUR), said, strict=True)
    ]
    page.figure.legend(
        handles=handles, loc="lower right", ncols=2, frameon=False, borderpad=0,
        bbox_to_anchor=(1 - RIGHT / WIDTH, (page.bottom - 0.5) / page.height),
    )  # fmt: skip


def losses(shown: Shown, histories: Mapping[str, Sequence[History]], kind: str) -> Figure | None:
    """Return one panel for each method; None where no record has such curves.

    Args:
        histories: ``Record.history`` of the seeds of each name. kind: one of ``KINDS``.
    """
    panels = loss_panels(shown, histories, kind)
    return None if panels is None else panels.figure
