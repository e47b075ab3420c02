"""Engines: in worker processes and in this one."""

import os
import queue
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.stopping import SIGNALS
from ganbench.experiment.store import Store
from tests.experiment._clusters import killer
from tests.experiment._helpers import run, values

pytestmark = pytest.mark.usefixtures("no_plots")


def test_engines_agree(tiny, tmp_path):
    """In worker processes and in this one, with smoke, which workers know too."""
    local = run(tmp_path / "local", preset="smoke", engine="local", workers=2, steps=10)
    inline = run(tmp_path / "inline", preset="smoke", steps=10)
    assert not local.failed and set(local.results["engine"]) == {"local"}
    a, b = values(local), values(inline)
    assert a["run_id"].equals(b["run_id"])
    assert np.allclose(a["value"], b["value"], rtol=1e-3)


KILL = ["pkill", "-KILL", "-P", str(os.getpid()), "-f", "ganbench.experiment.engines._worker"]


@pytest.mark.parametrize(
    ("times", "ended"), [(1, "ok"), pytest.param(100, "failed", marks=pytest.mark.slow)]
)
def test_a_unit_whose_process_dies_is_tried_again_and_fails_alone(tiny, tmp_path, times, ended):
    """As often as stated, from its checkpoint; other units go on."""
    kill, told = killer(KILL, times)
    result = run(
        tmp_path, preset="smoke", engine="local", workers=1, progress=kill, steps=20,
        no_controls=True,
    )  # fmt: skip
    status = result.results.groupby("variant")["status"].unique().map(list).to_dict()
    assert status == {"ns": [ended], "wgan-gp": ["ok"]}
    assert told == {"ok": ["retried", "done"], "failed": ["retried", "retried", "failed"]}[ended]
    if ended == "failed":
        assert [label for label, _ in result.failed] == ["ns · seed 0"]
        assert "ended with -9" in result.failed[0][1]


@pytest.mark.parametrize(
    ("sent", "code", "engine"),
    [
        pytest.param(signal.SIGINT, 130, "local", marks=pytest.mark.slow),
        (signal.SIGTERM, 75, "local"),
        pytest.param(signal.SIGHUP, 75, "local", marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, 130, "inline", marks=pytest.mark.slow),
        (signal.SIGUSR1, 75, "inline"),
    ],
)
def test_signals_stop_a_run_that_can_go_on(tmp_path, sent, code, engine):
    words = [sys.executable, "-m", "ganbench.cli", "run", "--dataset", "ring2d", "--variants", "ns",
             "--preset", "smoke", "--steps", "500000", "--out", str(tmp_path / "o"),
             "--engine", engine, "--no-controls"]  # fmt: skip
    process = subprocess.Popen(
        words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        # background jobs of a shell ignore Ctrl-C, and those of nohup SIGHUP: so would theirs
        preexec_fn=lambda: [signal.signal(number, signal.SIG_DFL) for number in SIGNALS],
    )  # fmt: skip
    try:
        events = tmp_path / "o" / "events.jsonl"  # of the first steps
        while not events.exists():
            assert process.poll() is None
            time.sleep(0.1)
        process.send_signal(sent)
        _, errors = process.communicate(timeout=180)
    finally:
        process.kill()
    assert process.returncode == code and "the same command goes on" in errors
    assert "Traceback" not in errors and not list((tmp_path / "o").glob("records/*"))
    (unit,) = Store(tmp_path / "o").begun()
    state, _ = Store(tmp_path / "o").load_checkpoint(unit)
    assert state["step"] > 0  # what was trained is kept, though nothing was measured yet
    assert not Store(tmp_path / "o").at_work()


def test_something_registered_here_is_not_sent_to_workers(tiny, tmp_path):
    from dataclasses import replace

    mine = replace(registry.variants.get("ns"), name="mine")
    with registry.temporarily(mine):
        with pytest.raises(UsageError, match="variant mine: registered in this process only"):
            run(tmp_path, variants=["mine"], engine="local")
        assert run(tmp_path, variants=["mine"]).trained == 2


@pytest.mark.slow
def test_workers_have_the_threads_that_they_are_told(tiny, tmp_path):
    """As many as asked for; otherwise the cores are shared out evenly."""
    from ganbench.experiment.provenance import usable_cores
    from ganbench.experiment.store import Store

    given = {"preset": "smoke", "engine": "local", "steps": 10, "seeds": 1}
    run(tmp_path / "a", workers=1, threads=1, variants=["ns"], **given)
    run(tmp_path / "b", workers=1, variants=["ns"], **given)
    run(tmp_path / "c", workers=2, **given)
    found = {name: {r.threads for r in Store(tmp_path / name).records()} for name in "abc"}
    assert found == {"a": {1}, "b": {usable_cores()}, "c": {max(1, usable_cores() // 2)}}


def test_threads_of_a_worker_do_not_spin_while_they_wait(tmp_path, monkeypatch):
    from ganbench.experiment.engines import local

    given = {}

    class Process:
        stdin, stdout = None, ()

        def __init__(self, *args, env, **kwargs):
            given.update(env)

        def wait(self):
            return 0

    monkeypatch.setattr(local.subprocess, "Popen", Process)
    local.Worker(0, tmp_path, 3, queue.Queue())
    assert given["OMP_WAIT_POLICY"] == "passive" and given["KMP_BLOCKTIME"] == "0"
    assert given["OMP_NUM_THREADS"] == given["MKL_NUM_THREADS"] == "3"


def test_unknown_engines_and_backends_suggest_the_nearest(tiny, tmp_path):
    with pytest.raises(UsageError, match="unknown engine 'lokal': did you mean local"):
        run(tmp_path, engine="lokal")
    with pytest.raises(UsageError, match="unknown backend 'traecd': did you mean traced"):
        run(tmp_path, backend="traecd")
    assert not (tmp_path / "records").exists()
