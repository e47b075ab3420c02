"""What an engine adds to a run, beside the engine ``local``: the same grid by both, in turn.

    python benchmarks/engines.py --engine ray --pairs 3

The seconds are those between the first event of a unit and the end of the last one: starting
processes and clusters does not count. Prints the ratio of each pair and their median.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import ganbench

GRID = {
    "variants": ["ns", "lsgan", "hinge", "minimax", "ralsgan", "rasgan", "rsgan", "sn-hinge"],
    "dataset": "ring2d", "preset": "smoke", "steps": 3_000, "checkpoints": 4, "seeds": 1,
    "device": "cpu", "backend": "reference", "no_controls": True, "threads": 1,
}  # fmt: skip


def seconds(engine: str, out: Path, workers: int) -> float:
    """Return the seconds of the grid by one engine, without its start."""
    times = []

    def note(unit: Any, event: dict[str, Any]) -> None:
        times.append(time.perf_counter())

    done = ganbench.run(out=out, engine=engine, workers=workers, progress=note, **GRID)
    assert not done.failed
    return times[-1] - times[0]


def main() -> None:
    """Measure pairs and print their ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", default="ray")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        for i in range(asked.pairs):
            order = [asked.engine, "local"][:: 1 if i % 2 else -1]
            took = {e: seconds(e, Path(folder) / f"{e}-{i}", asked.workers) for e in order}
            ratios.append(took[asked.engine] / took["local"])
            print(f"{asked.engine} {took[asked.engine]:.1f} s, local {took['local']:.1f} s: "
                  f"{ratios[-1]:.3f}", flush=True)  # fmt: skip
    print(f"median ratio {statistics.median(ratios):.3f}")


if __name__ == "__main__":
    main()
