"""Runs thousands of units in one call, and sees that memory, files and processes stay as they are.

    python -m tests.faults.endurance --units 2000

The units are trainings of one seed on ``digits`` with the budget of ``smoke``, in worker
processes. While they run, the memory of the parent and of each worker, their open files and the
number of processes are looked at. The mean of the last tenth may differ by 5 % from that of the
second tenth (the first is a start); files and processes by none. Otherwise the exit code is 1.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ganbench.core.processes import children

MOST = 0.05  # by which memory may grow


def looked_at(pid: int) -> tuple[float, int]:
    """Return the memory of a process in bytes, and how many files it has open."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE"), len(os.listdir(f"/proc/{pid}/fd"))


def endured(units: int, workers: int, out: Path) -> dict[str, np.ndarray]:
    """Return what was seen after each unit: memory and files of parent and workers, processes."""
    from ganbench.core.kinds import Where
    from ganbench.experiment.plan import make_plan
    from ganbench.experiment.request import Request
    from ganbench.experiment.run import opened, run_units

    seen: dict[str, list[float]] = {}

    def note(unit: Any, event: dict[str, Any]) -> None:
        if "done" not in event:
            return
        crew = children(os.getpid())
        parent, those = looked_at(os.getpid()), [looked_at(pid) for pid in crew]
        now = {
            "memory of the parent": parent[0], "files of the parent": parent[1],
            "memory of the workers": sum(memory for memory, _ in those),
            "files of the workers": sum(files for _, files in those),
            "processes": len(crew),
        }  # fmt: skip
        for name, value in now.items():
            seen.setdefault(name, []).append(value)

    request = Request(
        variants=("ns",), dataset="digits", preset="smoke", seeds=tuple(range(units)),
        no_controls=True, keep="none",
    )  # fmt: skip
    plan, _ = make_plan(request)
    where = Where("local", workers, 1)
    store = opened(out, where)
    failed = run_units(plan.units(store.ended()), store, where, note)
    assert not failed, failed
    return {name: np.array(values) for name, values in seen.items()}


def main() -> None:
    """Run the units and say what grew."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--units", type=int, default=2_000)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        seen = endured(asked.units, asked.workers, Path(folder) / "run")
    grew = False
    for name, values in seen.items():
        tenth = max(1, len(values) // 10)
        before, after = values[tenth : 2 * tenth].mean(), values[-tenth:].mean()
        change = after / before - 1
        grew |= change > (MOST if name.startswith("memory") else 0)
        print(f"{name}: {before:,.0f} -> {after:,.0f} ({100 * change:+.1f} %)")
    print(f"{len(seen['processes'])} units")
    sys.exit(grew)


if __name__ == "__main__":
    main()
