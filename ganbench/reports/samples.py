"""Pictures of samples: a grid for each variant, and one sheet of all variants."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from ganbench.core.files import read_array, whole_array
from ganbench.core.kinds.metric import shortfall
from ganbench.core.plane import plane
from ganbench.experiment.records import Record
from ganbench.experiment.store import Store
from ganbench.reports.plots._page import Page
from ganbench.reports.plots._style import WIDTH, darker
from ganbench.reports.plots.shown import Shown, short
from ganbench.reports.tables import number

SHEET = 16  # images of each variant on the sheet
COLUMNS, LETTERS = 8, 19  # of the sheet; letters of a name above a panel
MARGIN, GAP, TITLE, WIDEST = 0.08, 0.03, 0.26, 1.7  # inches
PANEL = 2.2  # inches of a panel of the grid

Square = tuple[tuple[float, float], tuple[float, float]]  # limits of x and y


class Seed(NamedTuple):
    """A finished seed: its place in the order, best first; what it reached; its samples."""

    order: float
    value: float
    seed: int
    path: Path


def picture_stem(record: Record) -> str:
    """Return the name of the picture of a variant's samples on an arch, without its ending."""
    stem = f"{record.training.variant}-{record.arch}"
    return stem.replace(":", "-").replace("=", "").replace(",", "-")


def finished(store: Store, records: list[Record], metric: str) -> list[Seed]:
    """Return those ``records`` with samples and a last value of ``metric``, the best first.

    Damaged samples are left out.
    """
    seeds = []
    for record in records:
        path = store.samples_path(record.run_id)
        value = record.measurements[-1].values.get(metric) if record.measurements else None
        if record.status != "ok" or value is None or not path.exists():
            continue
        if whole_array(path) is not None:
            target = record.quantities[metric].target
            order = shortfall(value, record.floors.get(metric, 0.0), target)
            seeds.append(Seed(order, value, record.seed, path))
    return sorted(seeds)


def tile(images: np.ndarray, columns: int = 8) -> np.ndarray:
    """Return uint8 images ``[N, C, H, W]`` as one picture ``[H', W', C]``, two pixels apart."""
    n, c, h, w = images.shape
    lines = math.ceil(n / columns)
    sheet = np.full((lines * (h + 2) - 2, columns * (w + 2) - 2, c), 255, np.uint8)
    for i, image in enumerate(images):
        top, left = i // columns * (h + 2), i % columns * (w + 2)
        sheet[top : top + h, left : left + w] = image.transpose(1, 2, 0)
    return sheet


def draw(
    axis: Axes, samples: np.ndarray, centers: np.ndarray | None, columns: int = 8,
    small: bool = False,
) -> None:  # fmt: skip
    """Draw images as tiles, points as a scatter with the modes' ``centers [M, 2]`` as circles."""
    if samples.ndim == 4:
        axis.imshow(tile(samples, columns).squeeze(), cmap="gray", interpolation="nearest")
        axis.set_axis_off()
        return
    x, y = np.array(plane(samples)).T
    axis.scatter(x, y, s=1 if small else 3, alpha=0.4, lw=0, color="tab:blue", rasterized=True)
    axis.set_aspect("equal")
    if centers is not None:
        x, y = centers.T
        axis.scatter(
            x, y, s=12 if small else 60, facecolors="none", edgecolors="crimson",
            lw=0.5 if small else 0.8,
        )  # fmt: skip


def grid(
    seeds: list[Seed], metric: str, title: str, centers: np.ndarray | None, caption: str = ""
) -> Figure:
    """Return samples of the best, the median and the worst seed of one variant, same latents.

    Args:
        seeds: at least one, the best first. caption: below the figure.
    """
    places = {"best": 0, "median": (len(seeds) - 1) // 2, "worst": len(seeds) - 1}
    merged: dict[int, list[str]] = {}
    for word, place in places.items():
        merged.setdefault(place, []).append(word)
    loaded = {place: read_array(seeds[place].path) for place in merged}
    images = loaded[0].ndim == 4
    left = MARGIN if images else MARGIN + 0.25
    width = left + PANEL * len(merged) + MARGIN
    page = Page(
        PANEL,
        short(title, int(11 * width)),
        "",
        caption,
        below=0.06 if images else 0.2,
        above=0.08,
        width=width,
    )
    axes = []
    for column, (place, words) in enumerate(sorted(merged.items())):
        start = left + column * PANEL
        axes.append(page.panel(start + GAP, start + PANEL - GAP))
        draw(axes[-1], loaded[place], centers)
        which = "" if len(seeds) == 1 else f"{' and '.join(words)}: "
        said = f"{which}seed {seeds[place].seed}, {metric} {number(seeds[place].value)}"
        axes[-1].set_title(said, fontsize=7, pad=2.5)
        axes[-1].tick_params(labelleft=column == 0)
    if not images:  # points: the same square of the plane in every panel
        both = [[*(axis.get_xlim() for axis in axes)], [*(axis.get_ylim() for axis in axes)]]
        x, y = (np.mean([np.min(ends), np.max(ends)]) for ends in both)
        reach = max(float(np.ptp(ends)) for ends in both) / 2
        for axis in axes:
            axis.set(xlim=(x - reach, x + reach), ylim=(y - reach, y + reach))
            axis.locator_params(nbins=4)
    return page.figure


def _are_points(finished: dict[str, list[Seed]]) -> bool:
    first = next(seeds[0] for seeds in finished.values() if seeds)
    return read_array(first.path).ndim != 4


def _square(samples: np.ndarray, centers: np.ndarray | None) -> Square:
    """Return limits that show the modes, or else nearly all of the first samples (real ones)."""
    if centers is not None:  # one far away would shrink all others
        middle = centers.mean(0)
        reach = 1.8 * np.abs(centers - middle).max()
    else:
        ends = np.quantile(np.array(plane(samples)), [0.005, 0.995], axis=0)
        middle, reach = ends.mean(0), 0.75 * float(np.ptp(ends, axis=0).max() or 1.0)
    x, y = middle
    return (x - reach, x + reach), (y - reach, y + reach)


def sheet(finished: dict[str, list[Seed]], shown: Shown, centers: np.ndarray | None) -> Figure:
    """Return samples of the median seed of every variant, same latents, in the order given.

    Args:
        finished: the finished seeds of each variant, the best first; a variant without any has an
            empty panel.
    """
    columns = min(len(finished), COLUMNS)
    lines = math.ceil(len(finished) / columns)
    cell = min((WIDTH - 2 * MARGIN) / columns, WIDEST)
    body = lines * (cell + TITLE)
    page = Page(
        body, f"Samples of each variant's median seed, and its {shown.primary}",
        "Real data first, then the order of the leaderboard."
        + ("" if centers is None else " Circles: the modes.")
        + (" Points far away are not shown." if _are_points(finished) else ""),
        shown.caption(), below=0.06,
    )  # fmt: skip
    square: Square | None = None  # of the plane, the same in every panel
    for place, (name, seeds) in enumerate(finished.items()):
        left = MARGIN + place % columns * cell
        low = body - (place // columns + 1) * (cell + TITLE)
        axis = page.panel(left + GAP, left + cell - GAP, low + GAP, low + cell - GAP)
        axis.set(xticks=[], yticks=[])
        said, given = "failed", to_rgb("crimson")
        if seeds:
            median = seeds[(len(seeds) - 1) // 2]
            samples = read_array(median.path)
            draw(axis, samples[:SHEET] if samples.ndim == 4 else samples, centers, 4, small=True)
            said, given = number(median.value), darker(shown.colours[name])
            if samples.ndim != 4:
                square = square or _square(samples, centers)
                axis.set(xlim=square[0], ylim=square[1])
        axis.set_title(f"{short(name, LETTERS)}\n{said}", fontsize=5.8, color=given, pad=1.5)
    return page.figure
