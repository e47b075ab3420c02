"""Two pictures of what was measured: the cost of a lane, and the share of the machine's peak."""

from __future__ import annotations

import math

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, ScalarFormatter

from ganbench.bench.measure import LOOPS

GREYS = dict(zip(LOOPS, ("0.65", "0.35"), strict=True))  # what ours is compared with
PANELS = 3  # in a row


def colours(table: pd.DataFrame) -> dict[str, tuple[float, float, float] | str]:
    """Return ``{side: its colour}``: loops grey, backends not."""
    backends = [side for side in table["side"].unique() if side not in LOOPS]
    return {**GREYS, **dict(zip(backends, sns.color_palette("deep", len(backends)), strict=True))}


def lane_cost(table: pd.DataFrame) -> Figure:
    """Return milliseconds a step of one lane against the number of lanes, a panel a training."""
    panels = list(table.groupby(["arch", "variant", "batch"], sort=False))
    columns = min(PANELS, len(panels))
    lines = math.ceil(len(panels) / columns)
    figure, axes = plt.subplots(
        lines, columns, squeeze=False, figsize=(3.4 * columns + 0.6, 2.7 * lines + 0.9),
        layout="constrained",
    )  # fmt: skip
    palette = colours(table)
    for axis, ((arch, variant, batch), own) in zip(axes.flat, panels, strict=False):
        for side, line in own.groupby("side", sort=False):
            line = line.sort_values("lanes")
            axis.plot(
                line["lanes"], line["ms"] / line["lanes"], marker="o", ms=5, lw=1.6,
                color=palette[str(side)], label=side,
            )  # fmt: skip
        axis.set_title(f"{arch} {variant}, batch {batch}", fontsize=10)
        lanes = sorted(own["lanes"].unique())
        axis.set_xscale("log", base=2)
        axis.set_xlim(lanes[0] / 1.25, lanes[-1] * 1.25)
        axis.xaxis.set_major_locator(FixedLocator(lanes))
        axis.xaxis.set_minor_locator(NullLocator())
        axis.xaxis.set_major_formatter(ScalarFormatter())
        axis.set_ylim(0, 1.1 * (own["ms"] / own["lanes"]).max())
    for axis in axes.flat[len(panels) :]:
        axis.set_visible(False)
    figure.supxlabel("lanes", fontsize=10)
    figure.supylabel("milliseconds a step and lane", fontsize=10)
    drawn = {line.get_label(): line for axis in axes.flat for line in axis.lines}
    figure.legend(
        drawn.values(), drawn.keys(), loc="outside upper center", ncols=len(drawn), frameon=False
    )
    return figure


def peak_share(table: pd.DataFrame) -> Figure:
    """Return the share of the peak that each side reaches, a line for each case."""
    cases = list(table["case"].unique())
    figure, axis = plt.subplots(figsize=(8, 0.32 * len(cases) + 1.5), layout="constrained")
    percent = table.assign(percent=100 * table["share_of_peak"])
    for place, case in enumerate(cases):
        own = percent[percent["case"] == case]["percent"]
        axis.plot([own.min(), own.max()], [place, place], color="0.85", lw=2, zorder=1)
    palette = colours(table)
    for side, own in percent.groupby("side", sort=False):
        places = own["case"].map(cases.index)
        axis.scatter(own["percent"], places, s=42, color=palette[str(side)], label=side, zorder=2)
    axis.set_yticks(range(len(cases)), cases)
    axis.set_ylim(len(cases) - 0.5, -0.5)
    axis.set_xlim(0, 1.1 * percent["percent"].max())
    axis.grid(axis="y", visible=False)
    peak = table["peak_flops"].iloc[0] / 1e9
    axis.set_xlabel(f"% of the float32 peak, {peak:,.0f} GFLOP/s (a matrix product)")
    figure.legend(loc="outside upper center", ncols=len(palette), frameon=False)
    return figure
