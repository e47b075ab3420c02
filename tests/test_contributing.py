"""The contributor's path: each kind of thing is one foreign file, which is listed and trains.

Every file below is what CONTRIBUTING tells somebody to write. It imports from ``ganbench`` alone,
lies in a package of its own, and is announced as an entry point.
"""

import json
import subprocess
import sys

import pytest

VARIANT = """
from ganbench import Adam, Paper, Variant, losses, register

register(
    Variant(
        name="mine",
        paper=Paper("My GAN", "Me", 2026, venue="nowhere"),
        d_loss=losses.logistic_d,
        g_loss=losses.nonsaturating_g,
        optim=Adam(lr=1e-3),
    )
)
"""
METRIC = """
import numpy as np

from ganbench import Metric, Paper, Quantity, needs, register

register(
    Metric(
        name="mean-gap",
        quantities=(Quantity("mean_gap", "units", higher_is_better=False),),
        needs=needs.FEATURES,
        group="quality",
        prepare=lambda real: {"mean": np.asarray(real).mean(0)},
        compute=lambda prepared, generated: {
            "mean_gap": float(np.abs(prepared["mean"] - np.asarray(generated).mean(0)).sum())
        },
        paper=Paper("My metric", "Me", 2026, venue="nowhere"),
    )
)
"""
DATASET = """
import numpy as np

from ganbench import Data, Dataset, UsageError, register


def load(data_dir=None):
    if data_dir is None:
        raise UsageError("line: needs --data-dir")
    points = np.linspace(-1, 1, 400, dtype=np.float32).reshape(-1, 2)
    return Data(train=points[::2], test=points[1::2], sha256="0" * 64)


register(
    Dataset(
        name="line", load=load, shape=(2,), arch="toy", features="none",
        metrics=("frechet",), primary="fd", summary="points on a line", batch=20,
    )
)
"""
ARCH = """
from ganbench import Arch, Networks, Noise, register


def build(shape, outputs=1, width=8):
    from torch import nn

    d = nn.Sequential(nn.Linear(*shape, width), nn.ReLU(), nn.Linear(width, outputs), nn.Flatten(0))
    return Networks(nn.Linear(3, *shape), d, Noise("symmetric", (3,)), frozenset({"per_sample_d"}))


register(Arch("linear", build, "linear networks", options={"width": 8}, vectorise=True))
"""
GAME = '''
from ganbench import Game, register, updates


def step(problem, state, real, noise, hyper):
    """G first, then D once."""
    grads, g_log = updates.g_gradient(problem, state, real[-1], noise["g"], hyper)
    state = updates.g_update(problem, state, grads, hyper)
    own = {name: value[0] for name, value in noise["d"].items()}
    grads, d_log = updates.d_gradient(problem, state, real[0], own, hyper)
    return updates.d_update(problem, state, grads, d_log, hyper), d_log | g_log


register(Game("g-first", step, "G, then D"))
'''
ENGINE = """
from ganbench import Engine, register


def run(units, job):
    failed = []
    for unit in reversed(units):
        try:
            job.execute(unit, job.store, lambda event: job.report(unit, event), "backwards")
        except Exception as error:
            failed.append((unit, str(error)))
    return failed


register(
    Engine("backwards", run, "in this process, last unit first",
           workers=lambda asked, device: 1, other_process=False)
)
"""
CONTROL = """
import numpy as np

from ganbench import Control, register


def sample(given, n):
    return np.full((n, *given.data.train.shape[1:]), 2, given.data.train.dtype)


register(Control("twos", sample, summary="twos", draws=1))
"""
CASES = {
    "variant": (VARIANT, "mine", "--variants mine"),
    "metric": (METRIC, "mean-gap", "--variants ns --metrics default,mean_gap"),
    "dataset": (DATASET, "line", "--variants ns --dataset line --data-dir ."),
    "arch": (ARCH, "linear", "--variants ns --arch linear:width=4"),
    "game": (GAME, "g-first", "--variants ns --game g-first"),
    "control": (CONTROL, "twos", "--variants ns"),
    "engine": (ENGINE, "backwards", "--variants ns,hinge --engine backwards"),
}


def announce(folder, source, name="mine"):
    """Write a package of one file that announces itself, as pip would install it."""
    folder.mkdir()
    (folder / f"their_{name}.py").write_text(source)
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[ganbench.plugins]\n{name} = their_{name}\n")


def ganbench(folder, cwd, *words):
    return subprocess.run(
        [sys.executable, "-m", "ganbench.cli", *words], capture_output=True, text=True, cwd=cwd,
        env={"PYTHONPATH": f"{folder}:{ROOT}", "PATH": "/usr/bin:/bin", "HOME": str(cwd),
             "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


ROOT = __file__.rpartition("/tests/")[0]


FAST = "variant"  # each kind takes three processes
KINDS = [kind if kind == FAST else pytest.param(kind, marks=pytest.mark.slow) for kind in CASES]


@pytest.mark.parametrize("kind", KINDS)
def test_one_foreign_file_is_listed_and_trains(kind, tmp_path):
    source, name, words = CASES[kind]
    announce(tmp_path / "plugin", source)
    listed = ganbench(tmp_path / "plugin", tmp_path, "list")
    assert listed.returncode == 0 and name in listed.stdout, listed.stderr
    shown = ganbench(tmp_path / "plugin", tmp_path, "info", name)
    assert shown.returncode == 0 and "their_mine.py" in shown.stdout, shown.stderr
    command = ["run", "--preset", "smoke", "--steps", "5", "--seeds", "1", "--out", "out"]
    if "--dataset" not in words:
        command += ["--dataset", "ring2d"]
    done = ganbench(tmp_path / "plugin", tmp_path, *command, *words.split(), "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    assert last["failed"] == [] and last["trained"] >= 1
    records = [json.loads(p.read_text()) for p in (tmp_path / "out" / "records").iterdir()]
    assert {r["status"] for r in records} == {"ok"}
    if kind == "metric":  # in the terminal's table, and in the plot of last values
        header = "".join(line for line in done.stdout.splitlines() if line.startswith("┃"))
        assert "mean_gap" in header
        assert "mean_gap" in (tmp_path / "out" / "plots" / "final-values-headlines.svg").read_text()
    if kind == "control":
        assert "control:twos" in done.stdout
    if kind == "engine":
        assert {r["engine"] for r in records} == {"backwards"}
    if kind == "game":
        assert {r["training"]["game"] for r in records} == {"", "g-first"}  # controls have none


@pytest.mark.slow
def test_records_are_read_without_the_plugins_that_made_them(tmp_path):
    """A metric's direction, unit and worst value, and an arch's label, are in the record."""
    announce(tmp_path / "plugin", VARIANT + METRIC + ARCH + GAME)
    words = ["run", "--dataset", "ring2d", "--preset", "smoke", "--steps", "5", "--seeds", "1"]
    words += ["--out", "out", "--variants", "mine", "--metrics", "default,mean_gap", "--game",
              "g-first", "--arch", "linear:width=4"]  # fmt: skip
    done = ganbench(tmp_path / "plugin", tmp_path, *words)
    assert done.returncode == 0, done.stderr
    board = (tmp_path / "out" / "leaderboard.csv").read_text()
    assert "linear:width=4" in board and "mean_gap" in board
    code = (
        "from pathlib import Path\n"
        "from ganbench.core import registry\n"
        "from ganbench.experiment.store import Store\n"
        "from ganbench.reports.build import build\n"
        "assert registry.metrics.find('mean-gap') is None\n"
        "build(Store(Path('out')), 'ring2d')\n"
    )
    again = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path,
        env={"PYTHONPATH": ROOT, "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
    )  # fmt: skip
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "out" / "leaderboard.csv").read_text() == board


WRONG = {
    "build cannot be called with outputs=": (
        ARCH.replace("shape, outputs=1, width=8", "shape, width=8"),
        "arch linear: build must accept (shape, outputs=1, width)",
    ),
    "a typo in requires": (
        VARIANT.replace("optim=", 'requires={"per_sample"}, optim='),
        "variant mine: requires: unknown capability 'per_sample'",
    ),
    "needs as a word": (
        METRIC.replace("needs.FEATURES", '"features"'),
        "metric mean-gap: needs is",
    ),
    "no optimiser steps": (
        VARIANT.replace("optim=", "d_steps=0, optim="), "variant mine: d_steps is 0"
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_work_is_named_with_its_file_when_it_is_registered(what, tmp_path):
    source, message = WRONG[what]
    announce(tmp_path / "plugin", source)
    listed = ganbench(tmp_path / "plugin", tmp_path, "list", "variants")
    assert listed.returncode == 0 and message in listed.stderr
    line = next(line for line in listed.stderr.splitlines() if message in line)
    assert "their_mine.py: " in line
