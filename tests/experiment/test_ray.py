"""The engine ``ray``: a cluster of two nodes, simulated on this machine."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, nullcontext
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

import ganbench
from ganbench.cli import main
from ganbench.core.errors import UsageError
from ganbench.experiment.engines import _ray_session as session
from ganbench.experiment.engines._ray_task import Mailbox, check_files, files_of
from ganbench.experiment.engines.ray import Driver, Flight
from ganbench.experiment.leases import LeaseLostError
from ganbench.experiment.store import Store
from tests.experiment._clusters import GRID, LONG, events, killer, results, until


def words(out, address, more=(), **asked):
    """Return the command of a run at a cluster."""
    given = {**LONG, **asked}
    options = ["--" + name.replace("_", "-") for name in ("no_controls",) if given.pop(name)]
    flags = {"variants": ",".join(given.pop("variants"))} | given
    listed = [part for k, v in flags.items() for part in (f"--{k}", str(v))]
    return [sys.executable, "-m", "ganbench.cli", "run", *options, *listed, "--engine", "ray",
            "--engine-opt", f"address={address}", *more, "--out", str(out)]  # fmt: skip


# ---- without a cluster ----


def test_options_are_checked_before_anything_is_read():
    pytest.importorskip("ray", reason="needs ganbench[ray]")
    for options, message in (
        ({"cpus": "0"}, "--engine-opt cpus is 0"),
        ({"gpus": "1.5"}, "--engine-opt gpus is 1.5"),
        ({"shared": "maybe"}, "shared=maybe: yes or no"),
        ({"address": "somewhere"}, "address=somewhere: HOST:PORT"),
        ({"address": "127.0.0.1:1"}, "no Ray cluster answers at 127.0.0.1:1"),
        ({"adress": "auto"}, "ray has no adress: address, cpus, gpus, shared"),
    ):
        with pytest.raises(UsageError, match=message):
            ganbench.run("ns", "ring2d", preset="smoke", engine="ray", engine_opts=options)


@pytest.mark.parametrize(
    ("given", "message"),
    [("cpus", "'cpus' is not KEY=VALUE"), ("=2", "not KEY=VALUE"), ("a=1 a=2", "a is there twice")],
)
def test_options_that_are_none_are_one_line(given, message):
    opts = [part for text in given.split() for part in ("--engine-opt", text)]
    done = CliRunner().invoke(main, ["run", "--dataset", "ring2d", "--engine", "local", *opts])
    assert done.exit_code == 2 and message in done.stderr and done.stderr.count("\n") == 1


def test_without_ray_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match=r"pip install 'ganbench\[ray\]'"):
        ganbench.run("ns", "ring2d", preset="smoke", engine="ray")


def test_what_the_engine_can_be_told_is_shown():
    said = CliRunner().invoke(main, ["info", "ray"]).stdout
    for name, meaning in session.OPTIONS.items():
        assert f"--engine-opt {name}" in said and meaning in said


def test_other_engines_have_no_options():
    with pytest.raises(UsageError, match="inline has no cpus: it has none"):
        ganbench.run("ns", "ring2d", preset="smoke", engine="inline", engine_opts={"cpus": "1"})


def test_events_wait_in_the_mailbox_and_the_word_to_stop_comes_back():
    box = Mailbox()
    assert not box.put("0", {"step": 1}) and not box.put("1", {"step": 2})
    assert box.take() == [("0", {"step": 1}), ("1", {"step": 2})] and box.take() == []
    box.stop()
    assert box.put("0", {"step": 3})


def test_a_node_returns_results_of_its_unit_and_nothing_else(tmp_path):
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "a-s0.json").write_text("{}")
    assert files_of(tmp_path, ["a-s0", "a-s1"], "units/u.json") == {"records/a-s0.json": b"{}"}
    check_files({"records/a-s0.json": b"", "models/a-s0.safetensors": b""}, ["a-s0"])
    others = ("records/b-s0.json", "../a-s0.json", "plan.json", "records/x/a-s0.json")
    for name in (*others, "/records/a-s0.json"):
        with pytest.raises(ValueError, match="not of its unit"):
            check_files({name: b""}, ["a-s0"])


class NoRay:
    """As much of Ray as a driver without a cluster needs."""

    class exceptions:  # noqa: N801
        RayError = ConnectionError

    def __init__(self, nodes=(), answer=None):
        self.all_nodes, self.answer = nodes, answer

    def nodes(self):
        return self.all_nodes

    def get(self, ref, timeout):
        return dict(self.answer)


def driver(ray, tmp_path, done=lambda unit: True, guard=nullcontext):
    """Return a driver with one unit at the cluster, and what becomes of the unit."""
    made, ended = Driver.__new__(Driver), []
    unit = SimpleNamespace(again=None, seeds=(0,), label="ns",
                           training=SimpleNamespace(run_ids=lambda seeds: ["x"]))  # fmt: skip
    (tmp_path / "records").mkdir()
    own = SimpleNamespace(out=tmp_path, guard=guard)
    made.ray, made.job = ray, SimpleNamespace(store=own, done=done, timeout=None)
    made.flying, made.late = {"ref": Flight("0", unit, own, ExitStack())}, set()
    made.schedule = SimpleNamespace(ended=lambda unit, event: ended.append(event))
    return made, ended


def test_a_unit_that_is_done_and_left_no_record_has_failed(tmp_path):
    """Its node has a folder of this name on a disk of its own."""
    made, ended = driver(NoRay(answer={"done": True}), tmp_path, done=lambda unit: False)
    made.land("ref")
    assert "shared=no" in ended[0]["failed"] and ended[0]["kind"] == "unit"


def test_a_lease_that_was_lost_meanwhile_ends_no_run(tmp_path):
    @contextmanager
    def lost():
        raise LeaseLostError("another process has taken over x")
        yield

    answer = {"done": True, "files": {"records/x.json": b"{}"}}
    made, ended = driver(NoRay(answer=answer), tmp_path, guard=lost)
    made.land("ref")
    assert ended == [{"elsewhere": "another process has taken over x"}]


def test_what_no_node_has_is_said(tmp_path, capsys):
    nodes = [{"Alive": alive, "Resources": {"CPU": has}} for alive, has in ((1, 2.0), (0, 8.0))]
    made, _ = driver(NoRay(nodes), tmp_path)
    made.needs = {"CPU": 2.0, "GPU": 0.0}
    made._check_room(own=True)
    assert not capsys.readouterr().err
    made.needs = {"CPU": 4.0, "GPU": 0.5}
    with pytest.raises(UsageError, match="needs 4 CPU and 0.5 GPU, which this machine does not"):
        made._check_room(own=True)
    made._check_room(own=False)
    assert "no node of the cluster has 4 CPU and 0.5 GPU" in capsys.readouterr().err


# ---- with one ----


@pytest.fixture(scope="module")
def ray():
    return pytest.importorskip("ray", reason="needs ganbench[ray]")


@pytest.fixture
def cluster(ray):
    """A head without cores, where the driver is, and two nodes with one each."""
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    made.nodes = [made.add_node(num_cpus=1) for _ in range(2)]
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.mark.cluster
@pytest.mark.parametrize("shared", ["yes", "no"])
def test_a_grid_on_two_nodes_has_the_records_of_the_local_engine(cluster, alone, tmp_path, shared):
    opts = {"address": cluster.address, "shared": shared}
    seen = []
    done = ganbench.run(
        out=tmp_path / "out", engine="ray", engine_opts=opts,
        progress=lambda unit, event: seen.append(event), **GRID,
    )  # fmt: skip
    assert not done.failed and results(tmp_path / "out") == alone["grid"]
    assert {r.engine for r in Store(tmp_path / "out").records()} == {"ray"}
    assert any("step" in event for event in seen) and seen[-1] == {"done": True}
    for folder in ("models", "samples"):
        names = {path.stem for path in (tmp_path / "out" / folder).iterdir()}
        assert names >= set(alone["grid"])
    again = ganbench.run(out=tmp_path / "out", engine="ray", engine_opts=opts, **GRID)
    assert again.trained == 0 and not Store(tmp_path / "out").at_work()


@pytest.mark.cluster
def test_a_node_that_is_lost_in_mid_unit_costs_nothing(cluster, alone, tmp_path):
    """Its unit goes on elsewhere, from its checkpoint; every record is there once."""
    out = tmp_path / "out"
    driver = subprocess.Popen(words(out, cluster.address))
    until(lambda: len(list(out.glob("checkpoints/*/state.safetensors"))) == 2)
    cluster.remove_node(cluster.nodes[0], allow_graceful=False)
    assert driver.wait(240) == 0
    assert results(out) == alone["long"]
    told = events(out)
    ((place, lost),) = [(i, e["variant"]) for i, e in enumerate(told) if "retried" in e]
    after = [e["step"] for e in told[place:] if e["variant"] == lost and "step" in e]
    assert after[0] > LONG["steps"] // LONG["checkpoints"]  # not from the start


@pytest.mark.cluster
def test_progress_goes_on_after_the_loss_of_what_carries_it(cluster, tmp_path):
    """The driver may be at the node that is lost."""
    steps = []

    def kill(unit, event):
        steps.extend([event["step"]] if "step" in event else [])
        if len(steps) == 1:
            subprocess.run(["pkill", "-KILL", "-f", "ray::Mailbox"])

    given = {**LONG, "variants": ["ns"]}
    done = ganbench.run(
        out=tmp_path / "out", engine="ray", engine_opts={"address": cluster.address},
        progress=kill, **given,
    )  # fmt: skip
    assert not done.failed and len(steps) > 3 and steps[-1] == given["steps"]


@pytest.mark.cluster
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
def test_a_driver_that_is_ended_and_started_again_goes_on(cluster, alone, tmp_path, sent):
    out = tmp_path / "out"
    driver = subprocess.Popen(words(out, cluster.address), stderr=subprocess.PIPE, text=True)
    until(lambda: len(list(out.glob("checkpoints/*/state.safetensors"))) == 2)
    driver.send_signal(sent)
    _, errors = driver.communicate(timeout=150)
    if sent == signal.SIGTERM:
        assert driver.returncode == 75 and "the same command goes on" in errors
        assert not Store(out).at_work()
    assert not list((out / "records").iterdir())
    assert subprocess.run(words(out, cluster.address), timeout=240).returncode == 0
    assert results(out) == alone["long"]


@pytest.mark.cluster
@pytest.mark.parametrize(("times", "ended"), [(1, "ok"), (100, "failed")])
def test_a_unit_that_always_crashes_has_failed_after_the_stated_retries(
    cluster, tmp_path, times, ended
):
    kill, told = killer(["pkill", "-KILL", "-f", "ray::execute_unit"], times)
    done = ganbench.run(
        out=tmp_path / "out", engine="ray", engine_opts={"address": cluster.address}, workers=1,
        progress=kill, **LONG,
    )  # fmt: skip
    status = {r.training.variant: r.status for r in Store(tmp_path / "out").records()}
    assert status == {"ns": ended, "lsgan": "ok"}
    assert told == {"ok": ["retried", "done"], "failed": ["retried", "retried", "failed"]}[ended]
    assert [label for label, _ in done.failed] == (["ns · seed 0"] if ended == "failed" else [])


@pytest.mark.cluster
def test_a_unit_that_the_cluster_of_ones_own_has_no_room_for_is_one_line(ray, tmp_path):
    with pytest.raises(UsageError, match="a unit needs 1000 CPU"):
        ganbench.run(out=tmp_path / "out", engine="ray", engine_opts={"cpus": "1000"}, **GRID)


@pytest.mark.cluster
def test_a_unit_that_takes_too_long_is_ended(cluster, tmp_path):
    given = {**LONG, "steps": 200_000, "variants": ["ns"], "unit_timeout": 8.0}
    done = ganbench.run(
        out=tmp_path / "out", engine="ray", engine_opts={"address": cluster.address}, **given
    )
    assert [reason for _, reason in done.failed] == ["not done in 8 s (--unit-timeout)"]
    assert [r.status for r in Store(tmp_path / "out").records()] == ["timeout"]


@pytest.mark.cluster
def test_a_cluster_of_ones_own_ends_with_the_run(ray, tmp_path, monkeypatch):
    """And none that is named elsewhere is joined."""
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    before = signal.getsignal(signal.SIGTERM)
    done = ganbench.run(out=tmp_path / "out", engine="ray", workers=1, **{**GRID, "seeds": 1})
    assert not done.failed and not ray.is_initialized()
    assert signal.getsignal(signal.SIGTERM) == before
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"


@pytest.mark.cluster
def test_measuring_needs_the_models_disk(cluster, tmp_path):
    opts = {"address": cluster.address}
    given = {**GRID, "seeds": 1, "variants": ["ns"]}
    ganbench.run(out=tmp_path / "out", engine="ray", engine_opts=opts, **given)
    done = ganbench.measure(tmp_path / "out", "vendi", engine="ray", engine_opts=opts)
    assert not done.failed and "vendi" in set(done.results["metric"])
    with pytest.raises(UsageError, match="needs their disk"):
        ganbench.measure(
            tmp_path / "out", "vendi", n_fake=50, engine="ray", engine_opts=opts | {"shared": "no"},
        )  # fmt: skip


@pytest.mark.cluster
def test_an_address_where_something_else_answers_is_one_line_in_time(ray, tmp_path):
    """Not a refused connection: a server that never says what Ray says."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=lambda: [server.accept() for _ in range(99)], daemon=True).start()
        port = server.getsockname()[1]
        start = time.monotonic()
        done = subprocess.run(
            words("nowhere", f"127.0.0.1:{port}"), capture_output=True, text=True, cwd=tmp_path
        )
        took = time.monotonic() - start
    lines = [line for line in done.stderr.splitlines() if line.startswith("ganbench: ")]
    assert (
        done.returncode == 2 and f"127.0.0.1:{port}" in lines[0] and "Traceback" not in done.stderr
    )
    assert "no answer in" in lines[0] and session.CONNECT_S + session.ANSWER_S < 15
    assert took < 60
