"""What the figures of one data set show: values of every seed, the leaderboard, and the caption."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ganbench.experiment.records import QuantityInfo, Record
from ganbench.reports.colours import colour, family_of
from ganbench.reports.leaderboard import is_control, learned
from ganbench.reports.tables import number
from ganbench.reports.verdicts import GAUSSIAN, REAL

LONGEST = 34  # letters of a name in a figure


@dataclass(frozen=True)
class Shown:
    """The tables that figures are made of.

    Attributes:
        table: rows of ``results.csv`` of one data set, one protocol of each quantity, with the
            ``name`` of each run in figures.
        board: the same of ``leaderboard.csv``.
        known: the quantities. primary: the one to rank by.
        variants: ``{name: variant}``, in the order of the leaderboard.
        facts: data set, arch, budget, seeds: the start of every caption.
        floor_sds: the standard deviation of one draw of each floor.
    """

    table: pd.DataFrame
    board: pd.DataFrame
    known: Mapping[str, QuantityInfo]
    primary: str
    variants: Mapping[str, str]
    facts: str
    floor_sds: Mapping[str, float]

    @cached_property
    def order(self) -> list[str]:
        """All names, controls too, in the order of the leaderboard."""
        return list(self.variants)

    @cached_property
    def trained(self) -> list[str]:
        """The names that are no controls."""
        return [name for name in self.order if not is_control(self.variants[name])]

    @cached_property
    def families(self) -> dict[str, str]:
        """The family of each name."""
        return {name: family_of(variant) for name, variant in self.variants.items()}

    @cached_property
    def colours(self) -> dict[str, str]:
        """The colour of each name."""
        return {name: colour(family) for name, family in self.families.items()}

    @cached_property
    def placed(self) -> dict[str, dict]:
        """The leaderboard's row of the primary quantity of each name, in the order of ranks."""
        return self.rows_of(self.primary)

    def rows_of(self, metric: str) -> dict[str, dict]:
        """Return the leaderboard's row of a quantity of each name."""
        rows = self.board[self.board["metric"] == metric].to_dict("records")
        return {str(row["name"]): {str(key): v for key, v in row.items()} for row in rows}

    @cached_property
    def learned(self) -> list[str]:
        """The names of which most seeds have learned, best first."""
        return [name for name in self.trained if learned(self.placed[name])]

    @cached_property
    def last(self) -> pd.DataFrame:
        """The rows of the last checkpoint of each run."""
        ends = self.table.groupby("run_id")["checkpoint"].transform("max")
        return self.table[self.table["checkpoint"] == ends]

    @cached_property
    def _last_of(self) -> dict[str, pd.DataFrame]:
        """The rows of ``last`` of each quantity, with whether they are ``fine``, by seed."""
        rows = self.last.sort_values("seed", kind="stable")
        fine = (rows["status"] == "ok") & rows["value"].notna()
        return {str(m): own for m, own in rows.assign(fine=fine).groupby("metric")}

    def values(self, metric: str, failed: float | None = None) -> dict[str, NDArray[np.float64]]:
        """Return the last value of every seed of each name.

        Args:
            failed: in place of a value that there is not; the quantity's worst by default.
        """
        worst = self.known[metric].worst if failed is None else failed
        if metric not in self._last_of:
            return {}
        rows = self._last_of[metric]
        values = rows["value"].where(rows["fine"], worst).to_numpy(float)
        found = {str(name): values[at] for name, at in rows.groupby("name").indices.items()}
        return {name: found[name] for name in self.order if name in found}

    def failures(self, metric: str) -> dict[str, int]:
        """Return how many seeds of each name have no last value, of those that have any."""
        if metric not in self._last_of:
            return {}
        rows = self._last_of[metric]
        return {str(n): int(k) for n, k in rows.loc[~rows["fine"], "name"].value_counts().items()}

    def floor(self, metric: str) -> float:
        """Return the quantity's floor, of real samples; NaN where there is none."""
        if metric not in self._last_of:
            return math.nan
        floors = self._last_of[metric]["floor"].dropna()
        return float(floors.iloc[0]) if len(floors) else math.nan

    def gaussian(self, metric: str) -> float:
        """Return the mean of the control ``gaussian``; NaN where it was not measured."""
        if metric not in self._last_of:
            return math.nan
        rows = self._last_of[metric]
        return float(rows.loc[rows["variant"] == GAUSSIAN, "value"].mean())

    def lines(self, *metrics: str) -> str:
        """Return what the dashed and the dotted line of figures of these quantities are."""
        said = []
        if any(not math.isnan(self.floor(metric)) for metric in metrics):
            said.append("dashed: floor (real data)")
        if any(not math.isnan(self.gaussian(metric)) for metric in metrics):
            said.append("dotted: the Gaussian control")
        sentence = "; ".join(said)
        return f"{sentence[:1].upper()}{sentence[1:]}." if said else ""

    def real(self) -> list[str]:
        """Return the names of the control ``real``."""
        return [name for name, variant in self.variants.items() if variant == REAL]

    def top(self, most: int) -> list[str]:
        """Return the best names that have learned; where none has, the best that were trained."""
        return (self.learned or self.trained)[:most]

    @cached_property
    def usual_seeds(self) -> float:
        """How many seeds a variant has: the median over all."""
        counts = [self.placed[name]["n_seeds"] for name in self.trained]
        return float(np.median(counts)) if counts else 0.0

    def caption(self, *metrics: str) -> str:
        """Return the small line below a figure of these quantities."""
        said = []
        for metric in metrics or (self.primary,):
            protocols = self.table.loc[self.table["metric"] == metric, "protocol_id"]
            which = f"protocol {protocols.iloc[0]}" if len(protocols) else "no protocol"
            floor = self.floor(metric)
            real = "" if math.isnan(floor) else f"real data (floor) {number(floor)}, "
            said.append(f"{metric}: {real}{which}")
        return " · ".join([self.facts, *said])


def short(name: str, most: int = LONGEST) -> str:
    """Return a name that is longer than ``most`` letters without its middle."""
    if len(name) <= most:
        return name
    end = most // 2 - 1
    return f"{name[: most - end - 1]}…{name[-end:]}"


def span(numbers: Sequence[float], unit: str) -> str:
    """Return ``1 to 3 seeds`` of all numbers of a thing; nothing where there are none."""
    if not numbers:
        return ""
    low, high = int(min(numbers)), int(max(numbers))
    many = unit if low == high == 1 else f"{unit}s"
    return f"{low:,} {many}" if low == high else f"{low:,} to {high:,} {many}"


def facts(records: Sequence[Record], board: pd.DataFrame) -> str:
    """Return data set, arch, budget and seeds in words.

    Args:
        board: the rows of the primary quantity.
    """
    trained = board[~board["variant"].map(is_control)]
    archs = sorted({r.arch for r in records if not r.training.control})
    recipes = sorted({r.training.recipe for r in records if not r.training.control})
    averages = sorted({f"{r.training.ema:g}" for r in records if r.training.ema is not None})
    return " · ".join(
        part
        for part in (
            records[0].training.dataset,
            ", ".join(archs[:3]) + (f" and {len(archs) - 3} more" if len(archs) > 3 else ""),
            span(trained["g_steps"].dropna().tolist(), "generator update"),
            span(trained["n_seeds"].tolist(), "seed") + (" a variant" if len(trained) else ""),
            f"recipe {', '.join(recipes)}" if recipes else "",
            f"average of G's weights ({', '.join(averages)})" if averages else "",
        )
        if part
    )


def shown_of(
    records: Sequence[Record],
    table: pd.DataFrame,
    board: pd.DataFrame,
    known: Mapping[str, QuantityInfo],
    names: Mapping[str, str],
) -> Shown:
    """Return what figures show of the ``records`` of one data set and budget.

    Args:
        table, board: ``results.csv`` and ``leaderboard.csv`` of them, one protocol a quantity.
        names: of each run in figures.
    """
    primary = records[0].primary
    of_pair = {(r.arch, r.training.variant): names[r.run_id] for r in records}
    pairs = zip(board["arch"], board["variant"], strict=True)
    board = board.assign(name=[of_pair.get(pair, "") for pair in pairs])
    placed = board[board["metric"] == primary]
    sds: dict[str, float] = {}
    for record in records:
        sds |= record.floor_sds
    return Shown(
        table=table.assign(name=table["run_id"].map(names)),
        board=board,
        known=known,
        primary=primary,
        variants=dict(zip(placed["name"], placed["variant"], strict=True)),
        facts=facts(records, placed),
        floor_sds=sds,
    )
