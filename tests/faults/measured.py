"""Commands that are each executed in a process of its own, with the time and memory they take.

    python -m tests.faults.measured options|files

Everything is imported once, and each command is a fork of that. Prints a line of JSON for each.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ganbench.core import registry

LONGEST_S = 30  # from which on a command hangs
SLOW = (
    "torch",
    "torchvision",
    "pytorch_fid.inception",
    "sklearn.neighbors",
    "scipy.linalg",
    "pandas",
)
BATCHES = ("options", "files")
KINDS = ("pictures", "arrays", "words")  # of files


def cases(batch: str) -> Iterator[tuple[str, str, str, Path]]:
    """Yield (name, command, what must be said, its folder)."""
    import numpy as np

    from tests.faults import hostile_files, hostile_options

    for kind in KINDS:
        importlib.import_module(f"tests.faults.hostile_{kind}")
    entries = hostile_options.ALL if batch == "options" else list(hostile_files.FILES.items())
    for i, entry in enumerate(entries):
        folder = Path(tempfile.mkdtemp(prefix="hostile-"))
        np.save(folder / "ok.npy", np.random.default_rng(0).normal(size=(60, 3)).astype("f4"))
        if batch == "options":
            yield f"{i}: {entry[0][:120]}", *entry, folder
        else:
            yield entry[0], *entry[1](folder), folder
        shutil.rmtree(folder)


def execute(command: str, folder: Path) -> dict[str, object]:
    """Return what a fork that executes ``command`` says, and what it takes."""
    from click.testing import CliRunner

    from ganbench.cli import main

    read, write = os.pipe()
    child = os.fork()
    if not child:
        signal.alarm(LONGEST_S)
        os.chdir(folder)
        done = CliRunner().invoke(
            main, [word.replace("~", str(folder)) for word in command.split(" ")]
        )
        answer = {"code": done.exit_code, "said": done.stderr, "raised": repr(done.exception)}
        os.write(write, json.dumps(answer).encode()[:60_000])
        os._exit(0)
    os.close(write)
    with open(read, "rb") as pipe:
        said = pipe.read()
    _, status, used = os.wait4(child, 0)
    answer = json.loads(said) if said else {"code": None, "said": "", "raised": f"hangs ({status})"}
    return answer | {
        "seconds": used.ru_utime + used.ru_stime,
        "bytes": used.ru_maxrss * 1024,
        "executed": (folder / "ran").exists(),
    }


def main() -> None:
    for name in ("ganbench.experiment.plan", "ganbench.evaluation.score", *SLOW):
        importlib.import_module(name)
    registry.discover()
    batch = sys.argv[1]
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"base": base}))
    for name, command, says, folder in cases(batch):
        print(json.dumps({"name": name, "says": says, **execute(command, folder)}), flush=True)


if __name__ == "__main__":
    main()
