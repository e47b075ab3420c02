"""What was measured as rows of a CSV file, and as a table of the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ganbench.bench.measure import CPU, LOOPS, WALL, Measured, counted, speed
from ganbench.experiment.request import parse_arch
from ganbench.reports.tables import number
from ganbench.training.build import trained_together

if TYPE_CHECKING:
    from rich.table import Table


def rows(measured: Measured, device: str, peak: float) -> Iterator[dict[str, Any]]:
    """Yield a row for each side of a case: medians over rounds; times are of all lanes.

    Args:
        peak: operations a second that the machine does at most.
    """
    case, column = measured.case, counted(device)
    seconds = {side: taken[:, column] for side, taken in measured.seconds.items()}
    for side, taken in measured.seconds.items():
        own = float(np.median(seconds[side]))
        yield {
            "case": case.label,
            "variant": case.variant,
            "arch": case.arch,
            "dataset": case.dataset,
            "batch": case.batch,
            "lanes": case.lanes,
            "together": side not in LOOPS and trained_together(parse_arch(case.arch)[0], device),
            "side": side,
            "rounds": len(taken),
            "steps_per_round": measured.steps,
            "ms": 1e3 * own,
            "cpu_ms": 1e3 * float(np.median(taken[:, CPU])),
            "wall_ms": 1e3 * float(np.median(taken[:, WALL])),
            "speed_over_plain": speed(seconds[side], seconds["plain"]),
            "speed_over_careful": speed(seconds[side], seconds["careful"]),
            "first_step_s": measured.first_s.get(side),
            "flops_per_step": measured.flops,
            "share_of_peak": measured.flops / own / peak,
            "peak_flops": peak,
        }


def frame(found: Sequence[Measured], device: str, peak: float) -> pd.DataFrame:
    """Return the rows of all cases."""
    return pd.DataFrame([row for measured in found for row in rows(measured, device, peak)])


def terminal_table(table: pd.DataFrame) -> Table:
    """Return a line for each case and backend."""
    from rich.table import Table

    out = Table(  # in 80 columns
        title="milliseconds a step of all lanes (median), seconds of the first step",
        title_justify="left", box=None, padding=(0, 1, 0, 0), pad_edge=False,
    )  # fmt: skip
    out.add_column("case, lanes × batch", no_wrap=True)
    out.add_column("backend", no_wrap=True)
    for name in ("plain", "careful", "ours", "×\nplain", "×\ncareful", "%\npeak", "first\nstep"):
        out.add_column(name, justify="right", no_wrap=True)
    for _, own in table.groupby("case", sort=False):
        ms = own.set_index("side")["ms"]
        for place, row in enumerate(own[~own["side"].isin(LOOPS)].itertuples()):
            case = f"{row.arch} {row.variant} {row.lanes}×{row.batch}"
            out.add_row(
                "" if place else case, row.side,
                *("" if place else number(ms[loop]) for loop in LOOPS), number(row.ms),
                f"{row.speed_over_plain:.2f}", f"{row.speed_over_careful:.2f}",
                f"{100 * row.share_of_peak:.1f}", f"{row.first_step_s:.2f}",
            )  # fmt: skip
    return out
