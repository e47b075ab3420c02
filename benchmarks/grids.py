"""Where a large grid stops scaling: a run of N units that train nothing.

    python benchmarks/grids.py --units 10 1000 100000

Every unit is one seed of a variant on ``digits``. Executing it takes its lease, writes a record
(with a seal, synced) and gives the lease back: what a driver and the run directory add to each
training. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ganbench.core import registry
from ganbench.core.kinds import Where
from ganbench.experiment.execute import ElsewhereError
from ganbench.experiment.plan import Plan, make_plan
from ganbench.experiment.plan_files import content
from ganbench.experiment.progress import progress_of
from ganbench.experiment.records import Record, Unit
from ganbench.experiment.request import Request
from ganbench.experiment.run import run_units
from ganbench.experiment.store import Store

SEEDS = 2_000  # of a variant
Times = dict[str, float]


@contextmanager
def timed(times: Times, name: str) -> Any:
    """Note the seconds of a ``with`` block."""
    start = time.perf_counter()
    yield
    times[name] = time.perf_counter() - start


def template(out: Path) -> Record:
    """Return a record as a training on ``digits`` writes it."""
    import ganbench

    ganbench.run(
        "ns", "digits", preset="smoke", seeds=1, out=out, engine="inline", no_controls=True,
        steps=20, checkpoints=10,
    )  # fmt: skip
    return Store(out).records()[0]


def planned(units: int) -> Plan:
    """Return a plan of so many units."""
    names = registry.variants.names()[: max(1, units // SEEDS)]
    request = Request(
        variants=tuple(names), dataset="digits", preset="smoke", seeds=units // len(names),
        device="cpu", no_controls=True, force=True,
    )  # fmt: skip
    return make_plan(request)[0]


def fake(record: Record) -> Callable[..., None]:
    """Return an ``execute`` that trains nothing and writes ``record`` under each seed's name."""

    def execute(unit: Unit, store: Store, report: Any, engine: str) -> None:
        with store.claimed(unit) as own:
            if own is None:
                raise ElsewhereError(unit.label)
            for seed in unit.seeds:
                of_seed = {"run_id": unit.training.run_id(seed), "seed": seed}
                training = unit.training.recorded(seed)
                own.write_record(record.model_copy(update=of_seed | {"training": training}))

    return execute


def measured(units: int, record: Record, out: Path) -> Times:
    """Return the seconds of each part of a run of so many units."""
    from ganbench.experiment import execute

    times: Times = {}
    with timed(times, "plan"):
        plan = planned(units)
    store = Store(out)
    store.prepare()
    store.write_plan(content(plan))
    with timed(times, "units of an empty directory"):
        todo = plan.units(store.ended())
    assert len(todo) == units, (len(todo), units)
    real, execute.execute = execute.execute, fake(record)  # type: ignore[assignment]
    try:
        with timed(times, "driver, leases, records"):
            run_units(todo, store, Where("inline"))
    finally:
        execute.execute = real
    with timed(times, "open, every seal checked"):
        assert store.open() == []
    with timed(times, "list, first time"):
        assert len(store.ends()) == units
    with timed(times, "list again"):
        assert len(store.ends()) == units
    with timed(times, "units of a finished directory"):
        assert plan.units(store.ended()) == []
    with timed(times, "status"):
        assert progress_of(out).left == 0
    with timed(times, "read every record"):
        assert len(store.records(curves=False)) == units
    return times


def main() -> None:
    """Measure every size and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--units", type=int, nargs="+", default=[10, 1_000, 100_000])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        record = template(Path(folder) / "one")
        columns = [measured(n, record, Path(folder) / str(n)) for n in asked.units]
    print("| seconds of a run with | " + " | ".join(f"{n:,} units" for n in asked.units) + " |")
    print("|---|" + "---:|" * len(columns))
    for name in columns[0]:
        print(f"| {name} | " + " | ".join(f"{times[name]:.3g}" for times in columns) + " |")


if __name__ == "__main__":
    main()
