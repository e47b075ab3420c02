"""Several processes share a run directory: each unit is trained once, whoever dies or sleeps."""

import errno
import fcntl
import json
import os
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from ganbench.core import files, processes
from ganbench.core.errors import UsageError
from ganbench.core.files import left_over
from ganbench.experiment import leases
from ganbench.experiment.execute import ElsewhereError, execute
from ganbench.experiment.leases import Lease, LeaseLostError, claim
from ganbench.experiment.outcomes import Schedule
from ganbench.experiment.plan import make_plan
from ganbench.experiment.records import Again
from ganbench.experiment.request import Request
from ganbench.experiment.store import Store
from tests.experiment._clusters import until
from tests.experiment._helpers import run, values

ROOT = os.getcwd()


def another_process(code, *words):
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": ROOT},
    )  # fmt: skip


HOLD = """
import sys, time
from pathlib import Path
from ganbench.experiment.leases import claim
with claim(Path(sys.argv[1]), "u") as lease:
    print(lease is not None, flush=True)
    time.sleep(600)
"""


def test_a_lease_is_one_processs_until_it_dies(tmp_path):
    holder = another_process(HOLD, tmp_path)
    try:
        assert holder.stdout.readline().strip() == "True"
        with claim(tmp_path, "u") as lease:
            assert lease is None
        assert leases.owned(tmp_path) == {"u"}
        holder.kill()
        holder.wait()
        assert leases.owned(tmp_path) == set()
        with claim(tmp_path, "u") as lease:
            assert lease is not None
    finally:
        holder.kill()
        holder.wait()
    assert not (tmp_path / "u.json").exists()


def test_a_lease_of_another_machine_ends_when_it_is_not_renewed(tmp_path):
    path = tmp_path / "u.json"
    foreign = {"token": "t", "machine": "elsewhere", "pid": 1, "started": "0"}
    path.write_text(json.dumps(foreign))
    with claim(tmp_path, "u") as lease:
        assert lease is None
    past = time.time() - leases.LEASE_S - 5
    os.utime(path, (past, past))
    with claim(tmp_path, "u") as lease:
        assert lease is not None


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff"])
def test_a_lease_that_cannot_be_read_is_free(tmp_path, content):
    (tmp_path / "u.json").write_bytes(content)
    with claim(tmp_path, "u") as lease:
        assert lease is not None


def test_a_late_writer_is_fenced_off(tmp_path):
    late, new = Lease(tmp_path / "u.json"), Lease(tmp_path / "u.json")
    assert late.take()
    with late.held():
        pass
    past = time.time() - leases.LEASE_S - 5
    os.utime(late.path, (past, past))  # it was suspended, and wakes up after
    assert new.take()
    store = Store(tmp_path, late.held)
    for write in (
        lambda: store.write_model("x", b"late"),
        lambda: store.write_plan({"a": 1}),
        lambda: store.write_samples("x", __import__("numpy").zeros(3)),
    ):
        with pytest.raises(LeaseLostError):
            write()
    assert {p.name for p in tmp_path.rglob("*") if p.is_file()} == {
        "u.json", ".lock-u", ".taking"
    }  # fmt: skip
    late.give_back()
    assert new.owner(time.time())["token"] == new.token


def test_a_lease_is_renewed_as_long_as_it_is_held(tmp_path, monkeypatch):
    monkeypatch.setattr(leases, "BEATS", 600)
    past = time.time() - leases.LEASE_S - 5
    with claim(tmp_path, "u"):
        for _ in range(2):  # as if the time of the lease had passed, twice
            os.utime(tmp_path / "u.json", (past, past))
            until(lambda: (tmp_path / "u.json").stat().st_mtime > past + 1)
        with claim(tmp_path, "u") as lease:
            assert lease is None


def planned(out, **more):
    plan, _ = make_plan(
        Request(variants=("ns",), dataset="ring2d", preset="tiny", batch=8, no_controls=True,
                backend="reference", **more)
    )  # fmt: skip
    store = Store(out)
    store.prepare()
    return store, plan.units(store.ended())


def test_a_unit_at_work_elsewhere_is_not_begun(tiny, tmp_path):
    store, (unit,) = planned(tmp_path)
    with store.claimed(unit), pytest.raises(ElsewhereError):
        execute(unit, store, lambda event: None, "inline")
    assert not list(tmp_path.glob("records/*"))


def test_a_schedule_waits_for_what_others_do(monkeypatch):
    """The unit comes last, is looked at again, and is done when it is done elsewhere."""
    from ganbench.experiment import outcomes

    monkeypatch.setattr(outcomes, "WAIT_S", 0.01)
    told, finished = [], set()

    def note(unit, event):
        told.append((unit, *event))

    schedule = Schedule(["a", "b", "c"], note, finished.__contains__)
    assert schedule.next() == "a"
    schedule.ended("a", {"elsewhere": "another process"})
    assert schedule.next() == "b"
    schedule.ended("b", {"done": True})
    finished.add("c")  # by another process, before it is begun here
    for _ in range(2):
        assert schedule.next() == "a"
        schedule.ended("a", {"elsewhere": "another process"})
    finished.add("a")
    assert schedule.next() is None and not schedule.failed
    assert ("c", "done") in told and told[-1] == ("a", "done")


SHARE = """
import sys, ganbench
from ganbench.core import registry
from ganbench.core.kinds import Preset
registry.discover()
with registry.temporarily(Preset("tiny", "for tests", 4, 300, 3, 200, 60)):
    result = ganbench.run(["ns", "hinge", "wgan"], dataset="ring2d", preset="tiny", batch=8,
                          engine="inline", backend="reference", out=sys.argv[1])
assert not result.failed
"""


@pytest.mark.slow
@pytest.mark.parametrize("kill", [False, True])
def test_two_processes_train_each_seed_once(tmp_path, kill):
    """Also where one is killed: the other takes over, and the numbers are those of one process."""
    first, second = (another_process(SHARE, tmp_path / "shared") for _ in range(2))
    if kill:
        until(lambda: first.poll() is None and [*tmp_path.glob("shared/records/ns-*")])
        first.kill()
    codes = first.wait(), second.wait()
    assert codes == (-9 if kill else 0, 0)
    alone = another_process(SHARE, tmp_path / "alone")
    assert alone.wait() == 0
    found = {name: {r.run_id: r for r in Store(tmp_path / name).records()} for name in
             ("shared", "alone")}  # fmt: skip
    assert found["shared"].keys() == found["alone"].keys()
    for run_id, record in found["shared"].items():
        own = found["alone"][run_id]
        assert [m.values for m in record.measurements] == [m.values for m in own.measurements]
    lines = (tmp_path / "shared" / "events.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    ends = Counter(
        (event["variant"], *event["seeds"])
        for event in events
        if "values" in event
        and event["step"] == event["steps"]
        and "control" not in event["variant"]
    )
    assert set(ends.values()) == {1} if not kill else max(ends.values()) <= 2
    assert not Store(tmp_path / "shared").at_work()


def test_many_start_in_one_directory_at_once(tmp_path):
    """None removes what another one has just made to see whether it can write."""

    def start(_):
        Store(tmp_path / "out").prepare()
        return Store(tmp_path / "out").open()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(start, range(400))) == [[]] * 400
    assert [path.name for path in sorted((tmp_path / "out").iterdir())] == [".opening", "records"]


def test_who_starts_beside_units_that_end_looks_for_left_over_files(tmp_path, monkeypatch):
    """The folder of a checkpoint vanishes between being listed and being looked into."""
    (tmp_path / "checkpoints" / "ended").mkdir(parents=True)
    scandir = os.scandir

    def vanishing(path):
        if os.path.basename(path) == "ended":
            os.rmdir(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", vanishing)
    assert not list(left_over(tmp_path)) and not (tmp_path / "checkpoints" / "ended").exists()


HOLD_SEEDS = HOLD.replace('"u")', "sys.argv[2], sys.argv[3:])")


def test_a_run_beside_another_one_gives_the_same_tables(tiny, tmp_path, no_plots):
    Store(tmp_path).prepare()
    with Store(tmp_path).shared():
        first = run(tmp_path, variants=["ns"], no_controls=True)
    second = run(tmp_path, variants=["ns"], no_controls=True)
    assert second.trained == 0 and values(first).equals(values(second))


def test_a_shared_lock_is_of_a_file_that_can_be_read(tmp_path, monkeypatch):
    """NFS refuses others (EBADF), and what is refused is not called another run."""
    flock = fcntl.flock

    def of_nfs(handle, how):
        mode = fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE
        if how & fcntl.LOCK_SH and mode == os.O_WRONLY or how & fcntl.LOCK_EX and not mode:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return flock(handle, how)

    monkeypatch.setattr(fcntl, "flock", of_nfs)
    store = Store(tmp_path)
    store.prepare()
    assert store.open() == []
    for how in (store.shared, store.alone):
        with how():
            pass
    with store.shared(), pytest.raises(UsageError, match="another ganbench run"), store.alone():
        pass


def test_a_disk_without_locks_is_one_line(tmp_path, monkeypatch):
    def none(handle, how):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "flock", none)
    with pytest.raises(UsageError, match=r"cannot lock files in .*on a disk with locks"):
        Store(tmp_path).open()
    with pytest.raises(UsageError, match="cannot lock files in"), Store(tmp_path).alone():
        pass


def test_a_container_with_process_ids_of_its_own_is_another_machine(tmp_path, monkeypatch):
    """Its processes, which have no meaning here, are not taken for dead."""
    other = 2**22 - 1  # runs there, and not here
    there = f"{processes.machine()} of a container"
    with monkeypatch.context() as patch:
        patch.setattr(files, "machine", lambda: there)
        written = tmp_path / f".x.json{files._ours(other)}"
    written.write_bytes(b"")
    lease = {"token": "t", "machine": there, "pid": other, "started": "1"}
    (tmp_path / "u.json").write_text(json.dumps(lease))
    assert not list(left_over(tmp_path))
    with claim(tmp_path, "u") as mine:
        assert mine is None
    assert os.readlink("/proc/self/ns/pid") in processes.machine()


def test_a_seed_is_trained_once_also_in_units_with_other_lanes(tiny, tmp_path):
    """``--seeds 5`` beside ``--seeds 3``, or another device: the unit is another one."""
    store, (three,) = planned(tmp_path, seeds=3)
    _, (five,) = planned(tmp_path / "other", seeds=5)
    rest = five.model_copy(update={"seeds": (3, 4)})
    half = three.model_copy(update={"seeds": (0,)})
    taken = {unit.unit_id: unit.training.run_ids(unit.seeds) for unit in (three, five, rest, half)}
    assert len(taken) == 4
    holder = another_process(HOLD_SEEDS, tmp_path / "leases", three.unit_id, *taken[three.unit_id])
    try:
        assert holder.stdout.readline() == "True\n"
        for unit, free in ((five, False), (half, False), (rest, True)):
            with store.claimed(unit) as own:
                assert (own is not None) == free, unit.seeds
        again = half.model_copy(update={"again": Again(features="none", metrics=("w1",),
                                                       n_real=9, n_fake=9)})  # fmt: skip
        with store.claimed(again) as own:  # it trains nothing
            assert own is not None
    finally:
        holder.kill()
        holder.wait()
    with store.claimed(five) as own, store.claimed(half) as part:
        assert own is not None and part is not None  # a half of what this process trains
