"""From cases to a folder: the CSV file and the pictures of one machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ganbench.bench import plots, tables
from ganbench.bench.cases import Case
from ganbench.bench.measure import measure, one_thread, peak_flops
from ganbench.core.errors import UsageError
from ganbench.core.files import check_writable, write_bytes
from ganbench.experiment.provenance import environment, load_average, now
from ganbench.reports.plots import save, style

FEWEST = 7  # rounds, so that a median is one


@dataclass(frozen=True)
class Bench:
    """What was measured.

    Attributes:
        table: a row for each case and side, with the environment.
        unusable: ``(case, backend, why it was not measured)``.
    """

    table: pd.DataFrame
    unusable: list[tuple[str, str, str]]


def default_folder(device: str) -> Path:
    """Return the folder of this machine's numbers."""
    words = re.findall(r"[a-z0-9.]+", environment(device)["hardware"].lower())
    return Path("runs") / f"bench-{'-'.join(words)}"


def bench(
    cases: Sequence[Case],
    backends: Sequence[str],
    device: str,
    rounds: int,
    round_s: float,
    report: Callable[[str], None] = lambda text: None,
    keep: Callable[[pd.DataFrame], object] = lambda table: None,
) -> Bench:
    """Measure all cases, on one thread.

    Args:
        report: is told what is measured now.
        keep: is given the table of all cases so far, after each.

    Raises:
        UsageError: too few rounds, a case that cannot be trained, no backend that can execute it.
    """
    if rounds < FEWEST:
        raise UsageError(f"--rounds is {rounds}: at least {FEWEST} needed")
    with one_thread():
        load, peaks, found = load_average(), [], []
        for case in cases:
            report(case.label)
            peaks.append(peak_flops(device))  # each time: other work may hold up some
            found.append(measure(case, backends, device, rounds, round_s))
            if not found[-1].first_s:
                reasons = "; ".join(f"{k}: {why}" for k, why in found[-1].unusable.items())
                raise UsageError(f"no backend can execute {case.label}: {reasons}")
            where = {**environment(device), "load": load, "measured_at": now()}
            table = tables.frame(found, device, max(peaks)).assign(**where)
            keep(table)
    unusable = [(m.case.label, name, why) for m in found for name, why in m.unusable.items()]
    return Bench(table, unusable)


def prepare_folder(out: Path) -> None:
    """Make the folder.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        check_writable(out)
    except OSError as error:
        raise UsageError(f"cannot write to {out}: {error.strerror}; choose another --out") from None


def write_table(table: pd.DataFrame, out: Path) -> Path:
    """Write ``bench.csv`` and return where it is."""
    path = out / "bench.csv"
    write_bytes(path, table.to_csv(index=False).encode())
    return path


def write(table: pd.DataFrame, out: Path) -> list[Path]:
    """Write ``bench.csv`` and both pictures; return what was written."""
    style()
    return [
        write_table(table, out),
        *save(plots.lane_cost(table), out / "lane-cost"),
        *save(plots.peak_share(table), out / "peak-share"),
    ]
