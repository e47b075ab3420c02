"""Which classes or modes a generator draws: where it has collapsed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ganbench.experiment.records import Record
from ganbench.reports.plots import _style
from ganbench.reports.plots._page import RIGHT, Page, name_margin
from ganbench.reports.plots._style import WIDTH
from ganbench.reports.plots.shown import Shown, short

MOST_ROWS = 400  # seeds, up to which each has a row
CLIP = 2.0  # times the even share, from which the colour is the same
MAP = "RdBu_r"
TALL = 6.6  # inches of the longest column of rows
SPLIT = 14  # names, from which there are two columns
SMALLEST = 1.0  # inches that the colour bar needs
BAR = 0.75  # inches of the colour bar with its labels

Shares = dict[str, NDArray[np.float64]]


def shares(shown: Shown, records: Sequence[Record], names: Mapping[str, str]) -> Shares:
    """Return share / even share of every class of each finished seed, ``{name: [seeds, K]}``.

    Args:
        names: of each run.
    """
    of_name: dict[str, list[Record]] = {}
    for record in records:
        if record.frequencies is not None and record.status == "ok":
            of_name.setdefault(names[record.run_id], []).append(record)
    order = [*shown.real(), *(n for n in shown.order if n not in set(shown.real()))]
    return {
        name: np.array([r.frequencies for r in sorted(of_name[name], key=lambda r: r.seed)], float)
        * len(of_name[name][0].frequencies or ())
        for name in order
        if name in of_name
    }


def by_size(given: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the median over seeds of the largest share, the second largest ..., ``[1, K]``.

    Classes are sorted within each seed: seeds that lose different classes do not even out.
    """
    return np.median(-np.sort(-given, axis=1), axis=0, keepdims=True)


def collapse(shown: Shown, records: Sequence[Record], names: Mapping[str, str]) -> Figure | None:
    """Return the shares of classes or modes; None where the data have neither.

    A row is a seed; where there are too many it is a method, with its classes by size. Real data
    are the first.
    """
    found = shares(shown, records, names)
    if not found:
        return None
    each = sum(map(len, found.values())) <= MOST_ROWS
    rows = found if each else {name: by_size(own) for name, own in found.items()}
    blocks = _blocks(rows)
    lines = max(sum(len(rows[name]) for name in block) for block in blocks)
    names_high = max(len(block) for block in blocks)
    body = max(0.15 * names_high, min(0.1 * lines, TALL), SMALLEST)
    what = (
        "A row is a seed, a column a class or mode." if each else
        "A row is a method: the median over its seeds of the largest share, the second largest "
        "and so on, so that a seed's lost classes are at the right."
    )  # fmt: skip
    page = Page(
        body, "How evenly generators draw the classes or modes",
        f"{what} White: as in an even mixture; blue: too rare; red: too common.",
        shown.caption(), [shown.families[name] for name in rows],
    )  # fmt: skip
    width = (WIDTH - BAR - 0.05) / len(blocks)
    for place, block in enumerate(blocks):
        margin = name_margin([short(name) for name in block]) + 0.05
        low = page.body * (1 - sum(len(rows[name]) for name in block) / lines)
        axes = page.panel(place * width + margin, (place + 1) * width, low if low > 0.01 else 0.0)
        image = _block(axes, {name: rows[name] for name in block}, shown)
        axes.set_xlabel("class or mode" if each else "class or mode, the most common first")
    _bar(page, image)
    return page.figure


def _blocks(rows: Shares) -> list[list[str]]:
    """Return the names of each column of rows: one column, or two of about the same length."""
    names = list(rows)
    if len(names) <= SPLIT:
        return [names]
    ends = np.cumsum([len(rows[name]) for name in names])
    half = int(np.searchsorted(ends, ends[-1] / 2)) + 1
    return [names[:half], names[half:]]


def _block(axes: Axes, rows: Shares, shown: Shown) -> AxesImage:
    """Draw the rows of some names, and a line between two."""
    stacked = np.concatenate(list(rows.values()))
    image = axes.imshow(
        stacked, aspect="auto", vmin=0.0, vmax=CLIP, cmap=MAP, interpolation="nearest",
        extent=(-0.5, stacked.shape[1] - 0.5, len(stacked), 0),
    )  # fmt: skip
    ends = np.cumsum([len(own) for own in rows.values()])
    axes.hlines(ends[:-1], -0.5, stacked.shape[1] - 0.5, color="0.25", lw=0.5)
    starts = ends - [len(own) for own in rows.values()]
    axes.set_yticks([])
    _style.write_names(
        axes, [short(name) for name in rows], (starts + ends) / 2,
        [shown.colours[name] for name in rows],
    )  # fmt: skip
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(visible=False)
    return image


def _bar(page: Page, image: AxesImage) -> None:
    """Draw the colour bar, which says where it is clipped."""
    left = WIDTH - RIGHT - BAR + 0.3
    tall = min(page.body, 2.2)
    axes = page.panel(left, left + 0.11, page.body - tall)
    bar = page.figure.colorbar(image, cax=axes, ticks=[0, 0.5, 1, 1.5, CLIP])
    bar.ax.set_yticklabels(["0", "0.5", "1", "1.5", f"≥ {CLIP:g}"], fontsize=6)
    bar.ax.tick_params(length=2)
    bar.set_label("share / even share", fontsize=6.5, labelpad=1)
    bar.outline.set_linewidth(0.5)  # type: ignore[operator]
