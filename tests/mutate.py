"""Plant faults one at a time, and see whether a test goes red.

    python tests/mutate.py [WORD ...] [--jobs 2] [--list]

The faults are in ``tests/mutants/*.toml``, one ``[[mutant]]`` each: ``what`` it does, the
``file``, the text ``old`` (which must occur once) and ``new``, and the ``tests`` that are run, as
arguments of pytest. Only faults whose file or description holds one of the WORDs are planted. Each
is planted in a copy of the checkout; the tests must pass without it and fail with it. Prints a line
for each fault and the score, and exits with 1 unless every fault is noticed. This is no part of
``pytest``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "tests" / "mutants"
LIMIT_S = 600


@dataclass(frozen=True)
class Mutant:
    """One fault: in ``file`` the text ``old`` becomes ``new``, and ``tests`` should notice."""

    area: str
    what: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def mutants() -> list[Mutant]:
    """Return all faults, checked against the present code."""
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        for entry in tomllib.loads(path.read_text())["mutant"]:
            mutant = Mutant(path.stem, **{**entry, "tests": tuple(entry["tests"].split())})
            count = (ROOT / mutant.file).read_text().count(mutant.old)
            if count != 1:
                sys.exit(f"{path.name}: {mutant.what}: its text occurs {count} times")
            found.append(mutant)
    return found


def copy() -> Path:
    """Return a copy of the checkout's files, without its history and its results."""
    folder = Path(tempfile.mkdtemp(prefix="mutate-"))
    for name in ("ganbench", "tests", "baselines", "docs"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    for name in ("pyproject.toml", "README.md", "CONTRIBUTING.md", ".gitignore"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "results").symlink_to(ROOT / "results")
    return folder


def passes(folder: Path, tests: tuple[str, ...]) -> bool:
    """Return whether the tests pass in a copy."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=LIMIT_S
        )
    except subprocess.TimeoutExpired:
        return False
    if done.returncode not in (0, 1, 2):
        raise SystemExit(f"pytest {' '.join(tests)} could not run:\n{done.stdout}{done.stderr}")
    return done.returncode == 0


def noticed(mutant: Mutant) -> bool:
    """Return whether the tests fail with the fault."""
    folder = copy()
    try:
        path = folder / mutant.file
        path.write_text(path.read_text().replace(mutant.old, mutant.new))
        return not passes(folder, mutant.tests)
    finally:
        shutil.rmtree(folder)


def main() -> None:
    """Plant every fault and print the score."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("words", nargs="*")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    chosen = [
        m for m in mutants()
        if not options.words or any(w in f"{m.area} {m.file} {m.what}" for w in options.words)
    ]  # fmt: skip
    if options.list:
        print("\n".join(f"{m.area}: {m.what}" for m in chosen))
        return
    with ThreadPoolExecutor(options.jobs) as pool:
        clean = copy()
        used = sorted({m.tests for m in chosen})
        for tests, good in zip(used, pool.map(lambda t: passes(clean, t), used), strict=True):
            if not good:
                sys.exit(f"without any fault these fail: {' '.join(tests)}")
        shutil.rmtree(clean)
        results = []
        for mutant, red in zip(chosen, pool.map(noticed, chosen), strict=True):
            results.append(red)
            print(f"{'noticed ' if red else 'SURVIVES'}  {mutant.area}: {mutant.what}", flush=True)
    print(f"{sum(results)} of {len(results)} faults noticed")
    sys.exit(not all(results))


if __name__ == "__main__":
    main()
