"""A comparison in words, and as a table of Markdown or LaTeX."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ganbench.core.errors import UsageError
from ganbench.core.files import write_bytes
from ganbench.reports._csv import csv_parts
from ganbench.reports.tables import number
from ganbench.stats.compare import ALPHA, seeds_needed

HEADER = ("variant", "against", "median", "difference", "95 % interval", "P(better)", "p", "result")
LARGE = 10.0  # a ratio from which on it is said as a factor
EQUAL = {"g_steps": "generator updates", "images": "images", "seconds": "CPU seconds"}


def signed(value: float, scale: str) -> str:
    """Return a difference: ``-74 %``, ``x 12`` for large ratios, or ``+0.257``; a dash for none."""
    if math.isnan(value):
        return "–"
    if scale == "ratio" and value + 1 >= LARGE:
        return f"x {number(value + 1)}"
    if scale == "ratio":
        return f"{100 * value:+.0f} %"
    return f"{'+' if value >= 0 else '−'}{number(abs(value))}".replace("−", "-")


def p_text(p: float) -> str:
    """Return a p-value; a dash where so few seeds cannot have one below 0.05."""
    return "–" if math.isnan(p) else "< 0.001" if p < 0.001 else f"{p:.3f}"


def cells(row: Any) -> tuple[str, ...]:
    """Return the cells of one comparison, under ``HEADER``."""
    ends = "–"
    if not math.isnan(row.low):
        ends = f"{signed(row.low, row.scale)} to {signed(row.high, row.scale)}"
    return (
        row.variant, row.other, number(row.median), signed(row.difference, row.scale), ends,
        f"{row.p_better:.2f}", p_text(row.p), row.verdict,
    )  # fmt: skip


def sentence(row: Any) -> str:
    """Return one comparison as a sentence."""
    seeds = f"{row.n_seeds} seeds each"
    if row.n_seeds != row.n_other:
        seeds = f"{row.n_seeds} and {row.n_other} seeds"
    size = f"{row.metric} {signed(row.difference, row.scale)}"
    if not math.isnan(row.low):
        size += f" [{signed(row.low, row.scale)}, {signed(row.high, row.scale)}]"
    if row.verdict in ("better", "worse"):
        p = p_text(row.p)
        p = f"p {p}" if p.startswith("<") else f"p = {p}"
        return (
            f"{row.variant} is {row.verdict} than {row.other}: {size}, {p} "
            f"(Holm over {row.tests}), {seeds}."
        )
    said = f"No significant difference between {row.variant} and {row.other} ({size}, {seeds}); "
    if row.verdict == "too few seeds":
        return said + f"{row.tests} comparisons take {seeds_needed(row.tests)} seeds each."
    if not math.isfinite(row.detectable):
        return said + "a seed without a value allows no statement on what they could show."
    least = signed(row.detectable, row.scale).removeprefix("+")
    return said + f"they show differences from {least} on in 4 of 5 comparisons."


def summary(table: pd.DataFrame) -> str:
    """Return what a whole comparison shows, in a sentence or two."""
    if table.empty:
        return "There is nothing to compare: at least two variants of one architecture needed."
    first = table.iloc[0]
    counts = table["verdict"].value_counts()
    at = f"at equal {EQUAL[first['at']]}"
    head = f"{first['dataset']}, {first['metric']} {at}: "
    if (table["verdict"] == "too few seeds").all():
        least = int(table[["n_seeds", "n_other"]].min().min())
        return (
            f"{head}{least} seeds can show nothing in {len(table)} comparisons at {ALPHA}: "
            f"that takes {seeds_needed(len(table))} seeds each."
        )
    parts = [f"{n} {verdict}" for verdict, n in counts.items()]
    against = table["other"].unique()
    where = f"with {against[0]}" if len(against) == 1 else "in pairs"
    return f"{head}of {len(table)} comparisons {where}: {', '.join(parts)} (Holm, {ALPHA})."


def markdown(table: pd.DataFrame) -> str:
    """Return a table of Markdown."""
    lines = [HEADER, ("---",) * len(HEADER), *(cells(row) for row in table.itertuples())]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def latex(table: pd.DataFrame) -> str:
    """Return a ``tabular`` of LaTeX (booktabs)."""
    body = [HEADER, *(cells(row) for row in table.itertuples())]
    rows = [" & ".join(map(_escaped, line)) + r" \\" for line in body]
    parts = [r"\begin{tabular}{llrrrrrl}", r"\toprule", rows[0], r"\midrule", *rows[1:]]
    return "\n".join([*parts, r"\bottomrule", r"\end{tabular}", ""])


def _escaped(text: str) -> str:
    text = text.replace("<", "$<$").replace("∞", r"$\infty$").replace("–", "--")
    for sign in "_%&#":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("x ", r"$\times$ ") if text.startswith("x ") else text


WRITERS: dict[str, Callable[[pd.DataFrame], bytes]] = {
    ".csv": lambda table: b"".join(csv_parts(table)),
    ".md": lambda table: markdown(table).encode(),
    ".tex": lambda table: latex(table).encode(),
}


def write(table: pd.DataFrame, targets: Sequence[str]) -> list[Path]:
    """Write ``table`` to each of ``targets``, as its ending says.

    Raises:
        UsageError: another ending, or a place that cannot be written.
    """
    paths = [Path(target) for target in targets]
    for path in paths:
        if path.suffix not in WRITERS:
            raise UsageError(f"{path}: a name that ends in {', '.join(WRITERS)} needed")
    for path in paths:
        try:
            write_bytes(path, WRITERS[path.suffix](table))
        except OSError as error:
            raise UsageError(f"cannot write {path}: {error.strerror}") from None
    return paths
