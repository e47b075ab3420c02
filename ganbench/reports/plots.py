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
from matplotlib.axis import Axis
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from ganbench.core.files import write_bytes
from ganbench.experiment.records import QuantityInfo, Record

GREY = "0.55"
FEW = 12  # variants or seeds, up to which each may take its own line or a wide panel
SHORT = 200  # the ratio of a logarithmic axis's ends, below which it needs labels between
MODES_APART = 40  # classes or modes, up to which each has a cell of its own width


def axis_label(key: str, quantity: QuantityInfo) -> str:
    """Return the label of an axis: the quantity in words, with its key."""
    return f"{quantity.label} ({key})" if quantity.label else key


def style() -> None:
    """Set the look of every plot."""
    sns.set_theme(context="notebook", style="whitegrid", font_scale=0.9)
    plt.rcParams |= {"figure.dpi": 120, "svg.hashsalt": "ganbench"}


def inches(width: float, height: float, left: float, bottom: float, top: float) -> dict[str, float]:
    """Return the place of the panels in a figure, given its margins; all in inches.

    A layout engine draws every panel twice to find the same, which many panels make slow.
    """
    return {
        "left": left / width, "right": 1 - 0.15 / width,
        "bottom": bottom / height, "top": 1 - top / height, "wspace": 0.08, "hspace": 0.24,
    }  # fmt: skip


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


def _log(values: pd.Series) -> bool:
    finite = values.astype(float)
    finite = finite[np.isfinite(finite)]
    return bool(len(finite) and finite.min() > 0 and finite.max() / finite.min() > 20)


def _limits(values: pd.Series, log: bool) -> tuple[float, float]:
    """Return the ends of an axis that shows all finite ``values``."""
    finite = values.to_numpy(float)
    finite = finite[np.isfinite(finite)]
    if not len(finite):
        return 0.0, 1.0
    low, high = finite.min(), finite.max()
    if log:
        room = (high / low) ** 0.05
        return low / room, high * room
    room = 0.05 * (high - low) or 0.5
    return low - room, high + room


def _minor_label(value: float, _: int) -> str:
    """Return the label of a logarithmic scale's minor tick: only 2s and 5s."""
    return f"{value:g}" if f"{value:e}"[0] in "25" else ""


def _label_between(axis: Axis) -> None:
    """Label a logarithmic axis with too few powers of ten to be read by them only."""
    axis.set_minor_formatter(matplotlib.ticker.FuncFormatter(_minor_label))
    axis.set_major_formatter("{x:g}")


def curves(
    table: pd.DataFrame, metric: str, label: str, order: list[str], control: str = ""
) -> Figure:
    """Return one panel per variant: every seed, their median and range, the others in grey.

    Args:
        control: the name of a control whose mean is a dotted line in every panel.
    """
    rows = table[(table["metric"] == metric) & table["value"].notna()]
    columns = min(len(order), 3 if len(order) <= 9 else 6)
    lines = math.ceil(len(order) / columns)
    width, height = 3.2 * columns + 0.8, 2.4 * lines + 1.0
    figure, axes = plt.subplots(
        lines, columns, squeeze=False, figsize=(width, height),
        dpi=120 if len(order) <= FEW else 80, gridspec_kw=inches(width, height, 0.9, 0.7, 0.7),
    )  # fmt: skip
    palette = sns.color_palette("husl", len(order))
    middle = rows.groupby(["name", "g_steps"], as_index=False)["value"].median()
    medians = {
        name: line[["g_steps", "value"]].to_numpy(float) for name, line in middle.groupby("name")
    }
    floor = table[table["metric"] == metric]["floor"].iloc[0]
    beaten = rows[rows["name"].str.startswith(control)]["value"].mean() if control else math.nan
    rows = rows[rows["name"].isin(order)]
    values = pd.concat([rows["value"], pd.Series([floor, beaten])])
    log = _log(values)
    y = _limits(values, log)
    x = _limits(table[table["name"].isin(order)]["g_steps"], log=False)
    for place, (axis, name, colour) in enumerate(zip(axes.flat, order, palette, strict=False)):
        others = [line for other, line in medians.items() if other != name]
        axis.add_collection(
            LineCollection(others, color="0.85", lw=1, rasterized=True), autolim=False
        )
        own = rows[rows["name"] == name]
        for _, seed in own.groupby("seed"):
            axis.plot(seed["g_steps"], seed["value"], color=colour, lw=0.8, alpha=0.6)
            axis.plot(seed["g_steps"].iloc[-1:], seed["value"].iloc[-1:], ".", color=colour)
        if len(own):
            by = own.groupby("g_steps")["value"]
            axis.fill_between(by.min().index, by.min(), by.max(), color=colour, alpha=0.15, lw=0)
            axis.plot(*medians[name].T, color=colour, lw=2.2)
        axis.axhline(floor, color=GREY, ls="--", lw=1)
        axis.axhline(beaten, color=GREY, ls=":", lw=1)
        axis.set_title(name, fontsize=10)
        axis.xaxis.set_major_formatter(matplotlib.ticker.EngFormatter(sep=""))
        # The same limits everywhere, and not shared axes, whose cost grows with their square.
        axis.set(xlim=x, ylim=y, yscale="log" if log else "linear")
        left = place % columns == 0
        axis.tick_params(labelleft=left, labelbottom=place + columns >= len(order))
        if left and log and y[1] / y[0] < SHORT:
            _label_between(axis.yaxis)
        else:
            axis.yaxis.set_minor_locator(matplotlib.ticker.NullLocator())
    for axis in axes.flat[len(order) :]:
        axis.set_visible(False)
    figure.supxlabel("generator updates", fontsize=10, y=0.15 / height)
    figure.supylabel(label, fontsize=10, x=0.1 / width)
    figure.suptitle(
        "thick: median over seeds; band: their range;"
        f"{' ' if columns > 1 else chr(10)}dashed: floor (real against real)"
        f"{'' if math.isnan(beaten) else f'; dotted: {control}'}",
        fontsize=9, color="0.35", y=1 - 0.12 / height, va="top",
    )  # fmt: skip
    return figure


def strips(table: pd.DataFrame, labels: dict[str, str], order: list[str]) -> Figure:
    """Return the last value of every seed, per variant; a failed seed is a cross at the edge.

    Args:
        labels: ``{quantity: label of its axis}``, a panel for each.
    """
    columns = len(labels) if len(order) > FEW else min(3, len(labels))
    lines = math.ceil(len(labels) / columns)
    figure, axes = plt.subplots(
        lines, columns, squeeze=False, sharey=True, layout="constrained",
        figsize=((3.6 if columns <= 3 else 2.6) * columns + 1, (0.28 * len(order) + 1.2) * lines),
    )  # fmt: skip
    last = table[table["checkpoint"] == table.groupby("run_id")["checkpoint"].transform("max")]
    for axis, (metric, label) in zip(axes.flat, labels.items(), strict=False):
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
            low, high = axis.get_xlim()
            if high / low < SHORT:
                _label_between(axis.xaxis)
        axis.set_xlabel(label)
        axis.set_ylabel("")
        axis.set_ylim(len(order) - 0.4, -0.6)
        axis.grid(axis="y", color="0.93")
    for axis in list(axes.flat)[len(labels) :]:
        axis.set_visible(False)
    figure.suptitle(
        "every seed's last value; bar: median; dashed: floor (real against real)",
        fontsize=9, color="0.35",
    )  # fmt: skip
    return figure


def collapse(records: list[Record], names: dict[str, str], order: list[str]) -> Figure | None:
    """Return class or mode frequencies, one row per seed; None where the data have neither."""
    drawn = [r for r in records if r.frequencies is not None and r.status == "ok"]
    if not drawn:
        return None
    drawn.sort(key=lambda r: (order.index(names[r.run_id]), r.seed))
    frequencies = np.array([r.frequencies for r in drawn], float)
    count = frequencies.shape[1]
    width, lines = (0.45 * count, 0.4) if count <= MODES_APART else (0.45 * MODES_APART, 0)
    tall = 0.24 if len(drawn) <= 5 * FEW else 0.08
    figure, axis = plt.subplots(
        figsize=(width + 3.2, tall * len(drawn) + 1.6), layout="constrained"
    )
    sns.heatmap(
        frequencies * count, ax=axis, vmin=0, vmax=2, cmap="RdBu_r", center=1, linewidths=lines,
        cbar_kws={"label": "share / equal share", "shrink": min(1.0, 5 / (tall * len(drawn)))},
    )  # fmt: skip
    owners = [names[r.run_id] for r in drawn]
    if tall > 0.2:
        axis.set_yticks(np.arange(len(drawn)) + 0.5)
        labels = [f"{name}  {r.seed}" for name, r in zip(owners, drawn, strict=True)]
    else:  # too many for a name each: one in the middle of each variant's seeds
        labels = list(dict.fromkeys(owners))
        places = [np.flatnonzero(np.array(owners) == name).mean() + 0.5 for name in labels]
        axis.set_yticks(places)
    axis.set_yticklabels(labels, rotation=0, fontsize=8)
    edges = [i for i in range(1, len(owners)) if owners[i] != owners[i - 1]]
    axis.hlines(edges, 0, count, color="black", lw=1)
    axis.set_xlabel("class or mode")
    axis.set_ylabel("variant and seed" if tall > 0.2 else "variant, one row per seed")
    axis.set_title(
        "share of generated samples in each class or mode (white: as in an even mixture)",
        fontsize=9, color="0.35",
    )  # fmt: skip
    return figure
