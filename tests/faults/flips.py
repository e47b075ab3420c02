"""Flips single bits in the files of a run, and sees that none gives another value.

    python -m tests.faults.flips --flips 1000

Each flip is drawn from a seed: a file, a byte, a bit. The file is then read as ganbench reads it.
A flip is ``detected`` if that is refused, ``harmless`` if it gives what the whole file gives, and
``wrong`` otherwise, which ends with exit code 1.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ganbench.core.errors import UsageError


def _run(out: Path) -> None:
    """Leave a finished run with every kind of file, and a checkpoint of an unfinished one."""
    import ganbench
    from ganbench.core import registry
    from ganbench.core.kinds import Preset
    from ganbench.experiment.execute import execute
    from ganbench.experiment.plan import make_plan
    from ganbench.experiment.request import Request
    from ganbench.experiment.store import Store

    class Stop(Exception):
        pass

    def stop(event: dict[str, Any]) -> None:
        if event.get("step", 0) > 8 and "values" not in event:
            raise Stop

    registry.discover()
    with registry.temporarily(Preset("tiny", "for flips", 2, 12, 3, 200, 60)):
        asked = {"dataset": "ring2d", "preset": "tiny", "batch": 8, "no_controls": True}
        ganbench.run(["ns"], out=out, engine="inline", film=True, **asked)
        ganbench.measure(out, metrics="sinkhorn", engine="inline")
        plan, _ = make_plan(Request(variants=("hinge",), **asked))
        (unit,) = plan.units()
        try:
            execute(unit, Store(out), stop, "inline")
        except Stop:
            return
    raise AssertionError("the unit was to be interrupted")


def _readers(out: Path, cache: Path) -> dict[Path, Callable[[Path], Any]]:
    """Return ``{file: how ganbench reads it}``."""
    from ganbench.core.cache import _arrays
    from ganbench.core.files import read_array
    from ganbench.experiment import checkpoints, kept_models
    from ganbench.experiment.films import read_film
    from ganbench.experiment.more_measured import MoreMeasured
    from ganbench.experiment.record_files import read_measurement, read_record

    def kept(path: Path) -> Any:
        found = _arrays(path)
        if found is None:
            raise UsageError("made again")
        return found

    kinds = [
        (out, "records/*.json", read_record),
        (out, "measured/*.json", lambda path: read_measurement(path, MoreMeasured)),
        (out, "models/*.safetensors", kept_models.read),
        (out, "checkpoints/*/*.safetensors", checkpoints.read_state),
        (out, "samples/*.npy", read_array),
        (out, "films/*.npz", read_film),
        (cache, "*.npz", kept),
    ]
    found = {path: read for where, pattern, read in kinds for path in sorted(where.glob(pattern))}
    for where, pattern, _ in kinds:
        assert list(where.glob(pattern)), f"there is no {pattern}"
    return found


def same(a: Any, b: Any) -> bool:
    """Return whether two things that were read are equal, arrays and tensors by their values."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if hasattr(a, "shape"):
        return a.shape == b.shape and a.dtype == b.dtype and bool(np.array_equal(a, b, True))
    return bool(a == b)


def flips(n: int, seed: int, folder: Path) -> Counter[str]:
    """Return how many of ``n`` flips had which end."""
    out, cache = folder / "run", folder / "cache"
    os.environ["GANBENCH_CACHE"] = str(cache)
    _run(out)
    readers, rng, ends = _readers(out, cache), random.Random(seed), Counter[str]()
    kinds: dict[Path, list[Path]] = {}
    for path in readers:
        kinds.setdefault(path.parent, []).append(path)
    for _ in range(n):
        path = rng.choice(kinds[rng.choice(sorted(kinds))])  # each kind as often as another
        whole, content = readers[path](path), path.read_bytes()
        place, bit = rng.randrange(len(content)), rng.randrange(8)
        path.write_bytes(
            content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :]
        )
        try:
            end = "harmless" if same(readers[path](path), whole) else "wrong"
        except UsageError:
            end = "detected"
        except Exception as error:  # nobody catches it: as bad as another value
            end = "wrong"
            print(f"{type(error).__name__}: {error}")
        path.write_bytes(content)
        if end == "wrong":
            print(f"bit {bit} of byte {place} of {path.relative_to(folder)}")
        ends[f"{path.parent.name if path.parent != cache else 'cache'} {end}"] += 1
    return ends


def main() -> None:
    """Flip bits and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--flips", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ends = flips(asked.flips, asked.seed, Path(folder))
    for name, count in sorted(ends.items()):
        print(f"{name}: {count}")
    wrong = sum(count for name, count in ends.items() if name.endswith("wrong"))
    print(f"{asked.flips} flips, {wrong} wrong")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
