"""Pictures of samples: a grid for each variant, and one sheet of all variants."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ganbench.core.kinds.metric import shortfall
from ganbench.core.plane import plane
from ganbench.experiment.records import Record
from ganbench.experiment.store import Store
from ganbench.reports.plots import inches
from ganbench.reports.tables import number

SHEET = 16  # images of each variant on the sheet


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
    """Return those ``records`` with samples and a last value of ``metric``, the best first."""
    seeds = []
    for record in records:
        path = store.samples_path(record.run_id)
        value = record.measurements[-1].values.get(metric) if record.measurements else None
        if record.status == "ok" and value is not None and path.exists():
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


def draw(axis: Axes, samples: np.ndarray, centers: np.ndarray | None, columns: int = 8) -> None:
    """Draw images as tiles, points as a scatter with the modes' ``centers [M, 2]`` as circles."""
    if samples.ndim == 4:
        axis.imshow(tile(samples, columns).squeeze(), cmap="gray", interpolation="nearest")
        axis.set_axis_off()
        return
    x, y = np.array(plane(samples)).T
    axis.scatter(x, y, s=3, alpha=0.4, lw=0, color="tab:blue", rasterized=True)
    axis.set_aspect("equal")
    if centers is not None:
        x, y = centers.T
        axis.scatter(x, y, s=60, facecolors="none", edgecolors="crimson", lw=0.8)


def grid(seeds: list[Seed], metric: str, title: str, centers: np.ndarray | None) -> Figure:
    """Return samples of the best, the median and the worst seed of one variant, same latents.

    Args:
        seeds: at least one, the best first.
    """
    places = {"best": 0, "median": (len(seeds) - 1) // 2, "worst": len(seeds) - 1}
    merged: dict[int, list[str]] = {}
    for word, place in places.items():
        merged.setdefault(place, []).append(word)
    width, height = 3.2 * len(merged) + 0.7, 4.0
    figure, axes = plt.subplots(
        1, len(merged), squeeze=False, sharex=True, sharey=True, figsize=(width, height),
        gridspec_kw=inches(width, height, 0.55, 0.35, 0.65),
    )  # fmt: skip
    first: Axes = axes.flat[0]
    for axis, (place, words) in zip(axes.flat, sorted(merged.items()), strict=True):
        draw(axis, np.load(seeds[place].path), centers)
        which = "" if len(seeds) == 1 else f"{' and '.join(words)}: "
        said = f"{which}seed {seeds[place].seed}, {metric} {number(seeds[place].value)}"
        axis.set_title(said, fontsize=9)
    if first.axison:  # points: the same square of the plane in every panel
        x, y = np.mean(first.get_xlim()), np.mean(first.get_ylim())
        reach = max(np.ptp(first.get_xlim()), np.ptp(first.get_ylim())) / 2
        first.set(xlim=(x - reach, x + reach), ylim=(y - reach, y + reach))
    else:
        figure.subplots_adjust(left=0.15 / width, bottom=0.15 / height)
    figure.suptitle(title, fontsize=11, y=1 - 0.1 / height, va="top")
    return figure


def sheet(finished: dict[str, list[Seed]], metric: str, centers: np.ndarray | None) -> Figure:
    """Return samples of the median seed of every variant, same latents, in the order given.

    Args:
        finished: the finished seeds of each variant, the best first; a variant without any has an
            empty panel.
    """
    columns = min(len(finished), 8)
    lines = math.ceil(len(finished) / columns)
    figure, axes = plt.subplots(
        lines, columns, squeeze=False, sharex=True, sharey=True, layout="constrained",
        figsize=(1.7 * columns, 1.95 * lines + 0.4),
    )  # fmt: skip
    for axis, (name, seeds) in zip(axes.flat, finished.items(), strict=False):
        axis.set(xticks=[], yticks=[])
        if seeds:
            median = seeds[(len(seeds) - 1) // 2]
            samples = np.load(median.path)
            draw(axis, samples[:SHEET] if samples.ndim == 4 else samples, centers, 4)
            axis.set_title(f"{name}\n{number(median.value)}", fontsize=8)
        else:
            axis.set_title(f"{name}\nfailed", fontsize=8, color="crimson")
    if centers is not None:  # one variant far away would shrink all others
        middle = centers.mean(0)
        reach = 1.8 * np.abs(centers - middle).max()
        axes.flat[0].set(
            xlim=(middle[0] - reach, middle[0] + reach), ylim=(middle[1] - reach, middle[1] + reach)
        )
    for axis in axes.flat[len(finished) :]:
        axis.set_visible(False)
    figure.suptitle(f"samples of each variant's median seed, with its {metric}", fontsize=9)
    return figure
