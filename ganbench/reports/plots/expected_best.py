"""What a search for a recipe buys: the expected best value by the number of tries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ganbench.reports.colours import colour, family_of
from ganbench.reports.plots import _style
from ganbench.reports.plots._page import RIGHT, Page
from ganbench.reports.plots._panels import Panels
from ganbench.reports.plots._style import WIDTH
from ganbench.reports.plots.curves import LEFT, PANEL, grid
from ganbench.reports.search import curves


def best_panels(found: Mapping[str, Any]) -> Panels | None:
    """Return the panels of ``expected_best``."""
    table = curves(found)
    table = table[np.isfinite(table["expected_best"])]
    if table.empty:
        return None
    last = table.groupby("variant", sort=False)["expected_best"].last().sort_values(kind="stable")
    names = [str(name) for name in last.index]
    levels = table[["expected_best", "low", "high"]].to_numpy(float).ravel()
    log = _style.wide(levels)
    lines, columns = grid(len(names))
    metric, most = str(found["metric"]), int(table["tries"].max())
    page = Page(
        max(PANEL, 1.9 / lines) * lines, f"The expected best {metric} by the number of tries",
        "Line: expected value on the validation split, measured from the best possible one (lower "
        "is better); shade: 95 % interval. A try is one seed of one configuration. "
        "Dotted: the best of all.",
        f"{found['dataset']} · {found['arch']} · {found['steps']:,} generator updates · 1 seed a "
        f"try · search for recipe {found['name']} · no protocol of the test split",
        [family_of(name) for name in names],
    )  # fmt: skip
    right = min(LEFT + 3.2 * columns, WIDTH - RIGHT)
    y = [_style.limits(levels, log)] * len(names)
    panels = Panels(page, LEFT, right, lines, columns, (0.5, most + 0.5), y, [log] * len(names))
    panels.label_x("tries")
    panels.label_y(metric)
    own = [table[table["variant"] == name] for name in names]
    colours = [colour(family_of(name)) for name in names]
    x = [rows["tries"].to_numpy(float) for rows in own]
    panels.fill(
        [(p, x[p], rows["low"], rows["high"]) for p, rows in enumerate(own)], "intervals",
        facecolors=colours, alpha=0.2, zorder=2,
    )  # fmt: skip
    best = [(p, x[p], rows["expected_best"]) for p, rows in enumerate(own)]
    panels.draw(best, "expected", colors=colours, lw=1.3, zorder=3)
    panels.across([float(last.min())] * len(names), "best", colors="0.4", linestyles=":", lw=0.8)
    panels.titles(names, colours)
    return panels


def expected_best(found: Mapping[str, Any]) -> Figure | None:
    """Return one panel for each variant, the best first; None where no try has a value.

    Args:
        found: the content of a recipe's file with its evidence.
    """
    panels = best_panels(found)
    return None if panels is None else panels.figure
