"""The A/A pairs: what two variants with the same gradients differ by is noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ganbench.core import registry
from ganbench.experiment.screening import same_gradients
from ganbench.reports.plots import _style
from ganbench.reports.plots._page import RIGHT, Page, name_margin
from ganbench.reports.plots._style import WIDTH, axis_label
from ganbench.reports.plots.shown import Shown, short
from ganbench.stats.noise import pooled_noise

HIGH = 0.34  # inches of a row
SHADE = "#DCEBF7"


@dataclass(frozen=True)
class Pair:
    """Two names with the same gradients.

    Attributes:
        values: of the seeds of both. centres: their means, on the scale of the noise and back.
        band: the ends around the second's mean within which the first's has to lie.
    """

    names: tuple[str, str]
    values: tuple[NDArray[np.float64], NDArray[np.float64]]
    centres: tuple[float, float]
    band: tuple[float, float]

    @property
    def inside(self) -> bool:
        """Whether the difference is within the noise."""
        return self.band[0] <= self.centres[0] <= self.band[1]


def pairs(shown: Shown) -> list[Pair]:
    """Return the pairs that have two finished seeds a side, on each arch."""
    values, found = shown.values(shown.primary), []
    present = set(shown.variants.values())
    known = [v for v in registry.variants.items() if v.name in present]
    arch = {name: row["arch"] for name, row in shown.placed.items()}
    for first, second in same_gradients(known):
        for one in (n for n in shown.trained if shown.variants[n] == first):
            for other in (n for n in shown.trained if shown.variants[n] == second):
                own = values.get(one, np.empty(0)), values.get(other, np.empty(0))
                noise = pooled_noise(own)
                if arch[one] != arch[other] or noise is None or min(map(len, own)) < 2:
                    continue
                means = [float(noise.scaled(v).mean()) for v in own]
                width = noise.half_width(len(own[0]), len(own[1]))
                back = np.exp if noise.log else np.asarray
                low, high, *centres = (
                    float(back(v)) for v in (means[1] - width, means[1] + width, *means)
                )
                found.append(Pair((one, other), own, (centres[0], centres[1]), (low, high)))
    return found


def same_gradient_pairs(shown: Shown) -> Figure | None:
    """Return the seeds of every A/A pair, with the band of noise; None where there is no pair."""
    found = pairs(shown)
    if not found:
        return None
    metric = shown.primary
    names = [name for pair in found for name in pair.names]
    page = Page(
        HIGH * len(names), "Variants with the same gradients: their difference is noise",
        "Dot: a seed; bar: mean of a variant (geometric where the values are positive). Shade: "
        "where the mean of the upper one lies in 95 % of such pairs, by the spread between seeds.",
        shown.caption(), [shown.families[name] for name in names], above=0.12,
    )  # fmt: skip
    axes = page.panel(name_margin([short(name) for name in names]), WIDTH - RIGHT - 1.25)
    floor = shown.floor(metric)
    own = [v for pair in found for values in pair.values for v in values]
    ends = [end for pair in found for end in pair.band]
    log = _style.wide([*own, *ends])
    _style.scaled(axes, "x", _style.limits([*own, *ends], log), log)
    for place, pair in enumerate(found):
        _pair(axes, shown, pair, 2 * place)
    if not _style.edge_note(axes, "x", floor, f"floor {floor:.3g}"):
        axes.axvline(floor, label="floor", **_style.FLOOR_LINE)
    axes.set_xlabel(axis_label(metric, shown.known[metric]))
    _style.rows_of_names(axes, [short(n) for n in names], [shown.colours[n] for n in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    return page.figure


def _pair(axes: Axes, shown: Shown, pair: Pair, row: int) -> None:
    """Draw the two rows of a pair."""
    axes.fill_betweenx(
        [row - 0.42, row + 1.42], *pair.band, color=SHADE, lw=0, zorder=0.5, label="noise"
    )
    for place, (name, values) in enumerate(zip(pair.names, pair.values, strict=True), row):
        axes.scatter(
            values, np.full(len(values), place), s=16, color=shown.colours[name], alpha=0.8, lw=0,
            zorder=3, label=name,
        )  # fmt: skip
        axes.plot([pair.centres[place - row]] * 2, [place - 0.3, place + 0.3], color="0.15", lw=1.5)
    said = "inside the noise" if pair.inside else "OUTSIDE the noise"
    axes.text(
        1.015, row + 0.5, said, transform=axes.get_yaxis_transform(), va="center", fontsize=7,
        color="0.2" if pair.inside else _style.BAD,
    )  # fmt: skip
