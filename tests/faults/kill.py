"""Kills a run at seeded random moments, and before and after its renames, and goes on with it.

    python -m tests.faults.kill --rounds 100

A round forks a process that runs a small grid with lanes, and kills it by SIGKILL: at a random
moment, or just before or just after its n-th rename. Then the same run is made to its end. Records
(but for times), samples and kept models must be those of a run that nothing disturbed; otherwise
the exit code is 1. Half of the rounds are of each sort.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

TIMES = {"train_s", "train_cpu_s", "eval_s", "load"}
OF_THE_MACHINE = {"peak_mem_bytes", "started_at", "git_sha", "git_dirty"}


def run(out: Path) -> None:
    """Run a grid of two variants with two lanes, in this process and without a report."""
    from ganbench.core import registry
    from ganbench.core.kinds import Preset, Where
    from ganbench.experiment.plan import make_plan
    from ganbench.experiment.request import Request
    from ganbench.experiment.run import opened, run_units

    registry.discover()
    with registry.temporarily(Preset("tiny", "for kills", 2, 60, 3, 200, 60)):
        request = Request(
            variants=("ns", "wgan"), dataset="ring2d", preset="tiny", batch=8,
            backend="reference", metrics="w2,fd,modes",
        )  # fmt: skip
        plan, _ = make_plan(request)
        store = opened(out, Where("inline"))
        with store.shared():
            store.write_plan(plan.to_json())
            failed = run_units(plan.units(store.ended(), store.begun()), store, Where("inline"))
    assert not failed, failed


def outcome(out: Path) -> dict[str, Any]:
    """Return all that must be the same: records without times, samples and models."""
    from ganbench.experiment.store import Store

    found: dict[str, Any] = {}
    for record in Store(out).records():
        content = record.model_dump(exclude=OF_THE_MACHINE)
        for measurement in content["measurements"]:
            for name in TIMES:
                del measurement[name]
        found[record.run_id] = repr(content)
    for path in [*out.glob("samples/*.npy"), *out.glob("models/*.safetensors")]:
        found[f"{path.parent.name}/{path.name}"] = path.read_bytes()
    return found


def forked(work: Callable[[], None]) -> int:
    """Do ``work`` in a process of its own and return its process id."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
        work()
        code = 0
    finally:
        os._exit(code)


def killed_at_a_rename(out: Path, number: int, before: bool) -> None:
    """Run, and be killed at the rename with this number, if there are so many."""
    true, count = os.replace, 0

    def replace(source: Any, target: Any, **given: Any) -> None:
        nonlocal count
        count += 1
        if count == number and before:
            os.kill(os.getpid(), signal.SIGKILL)
        true(source, target, **given)
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    os.replace = replace  # type: ignore[assignment]
    run(out)


def one_round(number: int, rng: random.Random, folder: Path, longest: float) -> tuple[str, bool]:
    """Kill one run, end it, and return what was done and whether it was killed."""
    out = folder / "run"
    shutil.rmtree(out, ignore_errors=True)
    if number % 2:
        wait = rng.uniform(0.0, longest)
        said, pid = f"after {wait:.2f} s", forked(lambda: run(out))
        time.sleep(wait)
        os.kill(pid, signal.SIGKILL)
    else:
        rename, before = 1 + number // 4, bool(number // 2 % 2)
        said = f"{'before' if before else 'after'} rename {rename}"
        pid = forked(lambda: killed_at_a_rename(out, rename, before))
    killed = os.WIFSIGNALED(os.waitpid(pid, 0)[1])
    code = os.waitstatus_to_exitcode(os.waitpid(forked(lambda: run(out)), 0)[1])
    return said if code == 0 else f"{said}: the run did not end well ({code})", killed


def rounds(n: int, seed: int, folder: Path, say: Callable[[str], None] = print) -> int:
    """Return how many of ``n`` rounds ended with other results."""
    import torch

    torch.set_num_threads(1)  # a fork takes no threads along
    os.environ["GANBENCH_CACHE"] = str(folder / "cache")
    run(folder / "warm")  # what is imported and cached here, all forks have
    start = time.monotonic()
    assert os.waitpid(forked(lambda: run(folder / "whole")), 0)[1] == 0
    longest = time.monotonic() - start
    whole, rng, wrong, killed = outcome(folder / "whole"), random.Random(seed), 0, 0
    for number in range(n):
        said, was_killed = one_round(number, rng, folder, longest)
        found = outcome(folder / "run")
        differ = [
            name for name in whole.keys() | found.keys() if whole.get(name) != found.get(name)
        ]
        killed += was_killed
        wrong += bool(differ)
        if differ:
            say(f"round {number}, killed {said}: {', '.join(sorted(differ))}")
    say(f"{n} rounds, {killed} killed, {wrong} with other results")
    return wrong


def main() -> None:
    """Kill and go on."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(bool(rounds(asked.rounds, asked.seed, Path(folder))))


if __name__ == "__main__":
    main()
