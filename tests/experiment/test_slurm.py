"""The engine ``slurm``: what it would submit, and jobs of this machine in place of a cluster."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from hypothesis import strategies as st

import ganbench
from ganbench.cli import main
from ganbench.core.errors import UsageError
from ganbench.core.processes import children
from ganbench.experiment.engines import slurm
from ganbench.experiment.plan import make_plan
from ganbench.experiment.request import Request
from ganbench.experiment.store import Store
from tests.experiment._clusters import GRID, LONG, events, results, until
from tests.faults.test_grammar import for_every


@pytest.fixture(scope="module")
def submitit():
    return pytest.importorskip("submitit", reason="needs ganbench[slurm]")


def local(**more):
    return {"cluster": "local", "jobs": "2", **more}


def tasks():
    """Return the processes of jobs: they are children of submitit's controllers."""
    found = []
    for controller in children(os.getpid()):
        words = Path(f"/proc/{controller}/cmdline").read_bytes()
        if b"submitit.local._local" in words:
            found += children(controller)
    return found


def in_background(out, **given):
    """Start a run in a thread, which cannot be signalled, and return it with its results."""
    done = []

    def go():
        done.append(ganbench.run(out=out, engine="slurm", engine_opts=local(), **given))

    thread = threading.Thread(target=go)
    thread.start()
    return thread, done


# ---- without jobs ----


def test_options_are_checked_before_anything_is_read(submitit):
    for options, message in (
        ({"jobs": "0"}, "--engine-opt jobs is 0"),
        ({"minutes": "soon"}, "--engine-opt minutes is 'soon'"),
        ({"mem": "0"}, "--engine-opt mem is 0"),
        ({"cluster": "cloud"}, "cluster=cloud: slurm, local, debug are known"),
        ({"partitions": "gpu"}, "slurm has no partitions: cluster, jobs"),
    ):
        with pytest.raises(UsageError, match=message):
            ganbench.run("ns", "ring2d", preset="smoke", engine="slurm", engine_opts=options)


def test_without_submitit_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "submitit", None)
    with pytest.raises(UsageError, match=r"pip install 'ganbench\[slurm\]'"):
        ganbench.run("ns", "ring2d", preset="smoke", engine="slurm")


def test_without_slurm_that_is_said(submitit, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match='Could not detect "srun"'):
        ganbench.run("ns", "ring2d", preset="smoke", engine="slurm", out=tmp_path,
                     engine_opts={"jobs": "1"})  # fmt: skip


@for_every(st.integers(1, 40), st.integers(1, 60), examples=60)
def test_every_unit_is_in_one_batch_and_none_is_empty(units, count):
    found = slurm.batches(list(range(units)), count)
    assert sorted(sum(found, [])) == list(range(units)) and len(found) == min(units, count)
    assert max(map(len, found)) - min(map(len, found)) <= 1


def test_jobs_are_as_many_as_take_minutes(monkeypatch):
    from ganbench.experiment import estimate

    plan, _ = make_plan(Request(**{k: v for k, v in GRID.items() if k != "threads"}))
    units = plan.units()
    for seconds, jobs in ((1.0, 1), (200.0, 2), (3_000.0, 20), (1e9, slurm.MOST_JOBS)):
        cost = estimate.Cost(units[0], seconds, 0, 0)
        monkeypatch.setattr(estimate, "costs", lambda units, data, cost=cost: [cost] * len(units))
        assert slurm.jobs_for(units, {}) == jobs
    assert slurm.jobs_for(units, {"jobs": "7"}) == 7
    on_cuda = [unit.model_copy(update={"device": "cuda"}) for unit in units]
    assert slurm.jobs_for(on_cuda, {}) == len(units)


def test_the_script_is_printed_and_nothing_is_started(submitit, tmp_path):
    words = ["run", "--variants", "ns,hinge", "--dataset", "ring2d", "--preset", "smoke",
             "--no-controls", "--engine", "slurm", "--out", tmp_path / "out",
             "--dry-run"]  # fmt: skip
    opts = {"partition": "gpu", "account": "me", "gpus": "2", "cpus": "4", "mem": "16",
            "minutes": "90", "jobs": "2", "parallel": "1", "constraint": "a100"}  # fmt: skip
    for key, value in opts.items():
        words += ["--engine-opt", f"{key}={value}"]
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "#!/bin/bash"
    for asked in ("partition=gpu", "account=me", "gpus-per-node=2", "cpus-per-task=4", "mem=16GB",
                  "time=90", "array=0-1%1", "constraint=a100", "signal=USR2@180"):  # fmt: skip
        assert f"#SBATCH --{asked}" in lines
    assert not (tmp_path / "out" / "records").exists()


def test_other_engines_submit_no_script(tmp_path):
    words = ["run", "--dataset", "ring2d", "--variants", "ns", "--preset", "smoke", "--dry-run"]
    done = CliRunner().invoke(main, [*words, "--out", str(tmp_path / "out")])
    assert done.exit_code == 2 and "local submits nothing" in done.stderr
    assert done.stderr.count("\n") == 1 and not (tmp_path / "out").exists()


def test_the_default_device_has_one_gpu_on_cuda():
    assert "gpus_per_node" not in slurm.parameters({}, "cpu")
    assert slurm.parameters({}, "cuda")["gpus_per_node"] == 1
    assert slurm.parameters({"gpus": "4"}, "cuda")["gpus_per_node"] == 4


class Ended:
    """A job that ended with ``answer``, or was lost with ``error``."""

    job_id = "7"
    paths = SimpleNamespace(stderr="7_log.err")

    def __init__(self, answer=None, error=None):
        self.result, self.exception = lambda: answer, lambda: error


def test_a_half_that_failed_in_a_job_is_named_as_the_half(tmp_path):
    """Lanes that do not fit into memory are trained in halves, which are units of their own."""
    plan, _ = make_plan(Request(**{k: v for k, v in GRID.items() if k != "threads"}))
    whole = plan.units()[0]
    half = whole.model_copy(update={"seeds": whole.seeds[1:]})
    answer = [(half.model_dump_json(), ["no memory", "infrastructure", ""])]
    ((unit, failure),) = slurm.Sent([whole], Ended(answer), True).failed()
    assert unit == half != whole and failure.reason == "no memory"
    lost = slurm.Sent([whole], Ended(error=RuntimeError("one\nnode failed")), True).failed()
    assert lost == "its job 7 ended: node failed; see 7_log.err"


# ---- with jobs ----


@pytest.mark.cluster
def test_a_grid_in_this_process_has_the_records_of_the_local_engine(submitit, alone, tmp_path):
    done = ganbench.run(out=tmp_path, engine="slurm", engine_opts=local(cluster="debug"), **GRID)
    assert not done.failed and results(tmp_path) == alone["grid"]


@pytest.mark.cluster
def test_a_job_that_is_preempted_goes_on_from_its_state(submitit, alone, tmp_path):
    """In the queue again, not sent again: it is no failure."""
    thread, done = in_background(tmp_path, **LONG)
    until(lambda: len(list(tmp_path.glob("checkpoints/*/state.safetensors"))) == 2)
    first = tasks()
    assert len(first) == 2
    os.kill(first[0], signal.SIGUSR2)
    until(lambda: first[0] not in tasks())
    thread.join(240)
    assert not done[0].failed and results(tmp_path) == alone["long"]
    said = "".join(path.read_text() for path in (tmp_path / "slurm").glob("*_log.*"))
    assert said.count("Calling checkpoint method") == 1 and "this job is preempted" in said
    assert not any("retried" in event for event in events(tmp_path))
    assert not Store(tmp_path).at_work()


@pytest.mark.cluster
@pytest.mark.parametrize(("times", "ended"), [(1, "ok"), (100, "failed")])
def test_a_job_that_is_lost_is_sent_again_as_often_as_stated(
    submitit, alone, tmp_path, times, ended
):
    given = {**LONG, "variants": ["ns"]}
    thread, done = in_background(tmp_path, **given)
    for _ in range(min(times, 3)):
        until(lambda: tasks() or not thread.is_alive())
        crew = tasks()
        until(lambda: Store(tmp_path).at_work())
        for task in crew:
            for pid in (*children(task), task):
                subprocess.run(["kill", "-KILL", str(pid)])
        until(lambda crew=crew: not set(crew) & set(tasks()))
    thread.join(240)
    found = {r.training.variant: r.status for r in Store(tmp_path).records()}
    assert found == {"ns": ended}
    told = [name for event in events(tmp_path) for name in event if name in ("retried", "failed")]
    assert told == {"ok": ["retried"], "failed": ["retried", "retried", "failed"]}[ended]
    if ended == "ok":
        assert results(tmp_path).items() <= alone["long"].items()


@pytest.mark.cluster
def test_a_unit_that_fails_in_a_job_is_named_with_its_reason(submitit, tmp_path):
    given = {**GRID, "unit_timeout": 1.0, "steps": 100_000, "variants": ["ns"], "seeds": 1}
    done = ganbench.run(out=tmp_path, engine="slurm", engine_opts=local(), **given)
    assert [reason for _, reason in done.failed] == ["not done in 1 s (--unit-timeout)"]
    assert [r.status for r in Store(tmp_path).records()] == ["timeout"]
