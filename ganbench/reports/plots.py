"""Plots of a run directory, as PNG and SVG.

They receive results and compute nothing but medians and ranges.
"""

from __future__ import annotations

import io
import math
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from ganbench.store import Record, Store, write_bytes

GREY = "0.55"
MODES_APART = 40  # classes or modes, up to which each has a cell of its own width
LABELS = {
    "fd": "Fréchet distance (fd)",
    "fid": "Fréchet Inception distance (fid)",
    "w1": "Wasserstein-1 (w1)",
    "w2": "Wasserstein-2 (w2)",
    "sliced_w2": "sliced Wasserstein-2",
    "reverse_kl": "reverse KL (nats)",
    "hq": "share of high quality (hq)",
    "modes": "modes covered",
}


def style() -> None:
    """Set the look of every plot."""
    sns.set_theme(context="notebook", style="whitegrid", font_scale=0.9)
    plt.rcParams |= {"figure.dpi": 120, "savefig.bbox": "tight", "svg.hashsalt": "ganbench"}


def save(figure: Figure, path: Path) -> list[Path]:
    """Write ``path`` as .png and .svg and close the figure."""
    written = []
    for kind in ("png", "svg"):
        buffer = io.BytesIO()
        figure.savefig(buffer, format=kind, metadata={"Date": None} if kind == "svg" else None)
        target = path.with_name(f"{path.name}.{kind}")
        write_bytes(target, buffer.getvalue())
        written.append(target)
    plt.close(figure)
    return written


def _log(values: pd.Series) -> bool:
    finite = values[np.isfinite(values)]
    return bool(len(finite) and finite.min() > 0 and finite.max() / finite.min() > 20)


def _minor_label(value: float, _: int) -> str:
    """Return the label of a logarithmic scale's minor tick: 2s and 5s alone."""
    return f"{value:g}" if f"{value:e}"[0] in "25" else ""


def curves(table: pd.DataFrame, metric: str, order: list[str]) -> Figure:
    """Return one panel per variant: every seed, their median and range, the others in grey."""
    rows = table[(table["metric"] == metric) & table["value"].notna()]
    columns = min(len(order), 3 if len(order) <= 9 else 6)
    lines = math.ceil(len(order) / columns)
    figure, axes = plt.subplots(
        lines, columns, sharex=True, sharey=True, squeeze=False,
        figsize=(3.2 * columns + 0.6, 2.4 * lines + 0.8),
    )  # fmt: skip
    palette = sns.color_palette("husl", len(order))
    centre = rows.groupby(["name", "images_seen"])["value"].median()
    floor = table[table["metric"] == metric]["floor"].iloc[0]
    for axis, name, colour in zip(axes.flat, order, palette, strict=False):
        for other in order:
            if other != name and other in centre.index.get_level_values(0):
                centre[other].plot(ax=axis, color="0.85", lw=1, label="_")
        own = rows[rows["name"] == name]
        for _, seed in own.groupby("seed"):
            axis.plot(seed["images_seen"], seed["value"], color=colour, lw=0.8, alpha=0.6)
            axis.plot(seed["images_seen"].iloc[-1:], seed["value"].iloc[-1:], ".", color=colour)
        if len(own):
            by = own.groupby("images_seen")["value"]
            axis.fill_between(by.min().index, by.min(), by.max(), color=colour, alpha=0.15, lw=0)
            axis.plot(centre[name].index, centre[name], color=colour, lw=2.2)
        axis.axhline(floor, color=GREY, ls="--", lw=1)
        axis.set_title(name, fontsize=10)
        axis.set_xlabel("")
        axis.xaxis.set_major_formatter(matplotlib.ticker.EngFormatter(sep=""))
    for axis in list(axes.flat)[len(order) :]:
        axis.set_visible(False)
    if _log(pd.concat([rows["value"], pd.Series([floor])])):
        axes.flat[0].set_yscale("log")
        low, high = axes.flat[0].get_ylim()
        if high / low < 200:  # too few powers of ten to read the scale by them alone
            for axis in axes.flat:
                axis.yaxis.set_minor_formatter(matplotlib.ticker.FuncFormatter(_minor_label))
                axis.yaxis.set_major_formatter("{x:g}")
    figure.supxlabel("real images seen by the discriminator", fontsize=10)
    figure.supylabel(LABELS.get(metric, metric), fontsize=10)
    figure.suptitle(
        "thick: median over seeds; band: their range; dashed: floor (real against real)",
        fontsize=9, color="0.35",
    )  # fmt: skip
    figure.tight_layout()
    return figure


def strips(table: pd.DataFrame, metrics: list[str], order: list[str]) -> Figure:
    """Return the last value of every seed, per variant; a failed seed is a cross at the edge."""
    columns = min(3, len(metrics))
    lines = math.ceil(len(metrics) / columns)
    figure, axes = plt.subplots(
        lines, columns, squeeze=False, sharey=True,
        figsize=(3.6 * columns + 1, (0.28 * len(order) + 1.2) * lines),
    )  # fmt: skip
    last = table[table["checkpoint"] == table.groupby("run_id")["checkpoint"].transform("max")]
    for axis, metric in zip(axes.flat, metrics, strict=False):
        rows = last[last["metric"] == metric]
        sns.stripplot(
            rows, x="value", y="name", order=order, hue="name", hue_order=order, palette="husl",
            legend=False, jitter=False, alpha=0.8, ax=axis,
        )  # fmt: skip
        medians = rows.groupby("name")["value"].median()
        for position, name in enumerate(order):
            if name in medians and not math.isnan(medians[name]):
                axis.plot([medians[name]] * 2, [position - 0.3, position + 0.3], color="0.2", lw=2)
            failed = rows[(rows["name"] == name) & (rows["status"] != "ok")]
            if len(failed):
                higher = rows["higher_is_better"].iloc[0]
                axis.text(
                    0.01 if higher else 0.99, position, f"✕ {len(failed)} failed",
                    ha="left" if higher else "right", va="center", color="crimson", fontsize=8,
                    transform=axis.get_yaxis_transform(),
                )  # fmt: skip
        floor = rows["floor"].iloc[0]
        axis.axvline(floor, color=GREY, ls="--", lw=1)
        if _log(pd.concat([rows["value"].dropna(), pd.Series([floor])])):
            axis.set_xscale("log")
        better = "higher" if rows["higher_is_better"].iloc[0] else "lower"
        axis.set_xlabel(f"{LABELS.get(metric, metric)}, {better} is better")
        axis.set_ylabel("")
    for axis in list(axes.flat)[len(metrics) :]:
        axis.set_visible(False)
    figure.suptitle(
        "every seed's last value; bar: median; dashed: floor (real against real)",
        fontsize=9, color="0.35",
    )  # fmt: skip
    figure.tight_layout()
    return figure


def collapse(records: list[Record], names: dict[str, str], order: list[str]) -> Figure | None:
    """Return shares over classes or modes, one row per seed; None where the data have neither."""
    shown = [r for r in records if r.shares is not None and r.status == "ok"]
    if not shown:
        return None
    shown.sort(key=lambda r: (order.index(names[r.run_id]), r.seed))
    shares = np.array([r.shares for r in shown], float)
    count = shares.shape[1]
    width, lines = (0.45 * count, 0.4) if count <= MODES_APART else (0.45 * MODES_APART, 0)
    figure, axis = plt.subplots(figsize=(width + 3.2, 0.24 * len(shown) + 1.6))
    sns.heatmap(
        shares * count, ax=axis, vmin=0, vmax=2, cmap="RdBu_r", center=1, linewidths=lines,
        cbar_kws={"label": "share / equal share"},
    )  # fmt: skip
    axis.set_yticks(np.arange(len(shown)) + 0.5)
    axis.set_yticklabels([f"{names[r.run_id]}  {r.seed}" for r in shown], rotation=0, fontsize=8)
    edges = [
        i for i in range(1, len(shown)) if names[shown[i].run_id] != names[shown[i - 1].run_id]
    ]
    axis.hlines(edges, 0, count, color="black", lw=1)
    axis.set_xlabel("class or mode")
    axis.set_ylabel("variant and seed")
    axis.set_title(
        "share of generated samples in each class or mode (white: as in an even mixture)",
        fontsize=9, color="0.35",
    )  # fmt: skip
    return figure


def tile(images: np.ndarray, columns: int = 8) -> np.ndarray:
    """Return uint8 images ``[N, C, H, W]`` as one picture ``[H', W', C]``, two pixels apart."""
    n, c, h, w = images.shape
    lines = math.ceil(n / columns)
    sheet = np.full((lines * (h + 2) - 2, columns * (w + 2) - 2, c), 255, np.uint8)
    for i, image in enumerate(images):
        top, left = i // columns * (h + 2), i % columns * (w + 2)
        sheet[top : top + h, left : left + w] = image.transpose(1, 2, 0)
    return sheet


def plane(points: np.ndarray) -> np.ndarray:
    """Return the first two coordinates of ``points [N, D]``; the second is 0 where there is one."""
    return np.pad(points[:, :2], ((0, 0), (0, max(0, 2 - points.shape[1]))))


def grid(
    store: Store, records: list[Record], metric: str, title: str, centers: np.ndarray | None
) -> Figure | None:
    """Return samples of the best, the median and the worst seed of one variant, same latents."""
    usable = []
    for record in records:
        path = store.out / "samples" / f"{record.run_id}.npy"
        if record.status == "ok" and path.exists():
            value = record.measurements[-1].values[metric]
            higher = next(
                p.quantities[metric]["higher_is_better"]
                for p in record.protocols.values()
                if metric in p.quantities
            )
            usable.append((-value if higher else value, value, record.seed, path))
    if not usable:
        return None
    usable.sort(key=lambda item: item[:3])
    places = {"best": 0, "median": (len(usable) - 1) // 2, "worst": len(usable) - 1}
    merged: dict[int, list[str]] = {}
    for word, place in places.items():
        merged.setdefault(place, []).append(word)
    figure, axes = plt.subplots(
        1, len(merged), squeeze=False, figsize=(3.4 * len(merged), 3.9), sharex=True, sharey=True
    )
    for axis, (place, words) in zip(axes.flat, sorted(merged.items()), strict=True):
        _, value, seed, path = usable[place]
        samples = np.load(path)
        if samples.ndim == 4:
            axis.imshow(tile(samples).squeeze(), cmap="gray", interpolation="nearest")
            axis.set_axis_off()
        else:
            axis.scatter(*plane(samples).T, s=3, alpha=0.4, lw=0, color="tab:blue")
            axis.set_aspect("equal")
            if centers is not None:
                axis.scatter(
                    *plane(centers).T, s=60, facecolors="none", edgecolors="crimson", lw=0.8
                )
        axis.set_title(f"{' and '.join(words)}: seed {seed}, {metric} {value:.3g}", fontsize=9)
    failed = len(records) - len(usable)
    figure.suptitle(title + (f" ({failed} failed)" if failed else ""), fontsize=11)
    figure.tight_layout()
    return figure
