"""Code that misbehaves fails alone, and is named; the machine's failures are tried again."""

import errno
import json
import os
import time
from dataclasses import replace

import numpy as np
import pytest

from ganbench.core import registry
from ganbench.core.errors import UsageError, of_the_machine
from ganbench.core.time_limit import TookTooLongError, time_limit
from ganbench.evaluation import measured
from ganbench.experiment import leases, outcomes
from ganbench.experiment.failures import Failures
from ganbench.experiment.outcomes import RETRIES, Schedule, event_of
from ganbench.experiment.plan import make_plan
from ganbench.experiment.records import Unit
from ganbench.experiment.request import Request
from ganbench.experiment.store import Store
from tests.experiment._helpers import run

pytestmark = pytest.mark.usefixtures("tiny", "no_plots")


def hang(*given, **more):
    time.sleep(60)


def leave(*given, **more):
    raise SystemExit(0)


def misbehaves(what):
    def compute(*given, **more):
        if isinstance(what, BaseException):
            raise what
        return what

    return compute


METRICS = {
    "raises": (misbehaves(KeyError("x")), "KeyError: 'x'"),
    "assertion": (misbehaves(AssertionError()), "AssertionError"),
    "leaves": (leave, "SystemExit: 0"),
    "text": (misbehaves({"w1": "text", "w2": 1.0}), "w1 is 'text'"),
    "none": (misbehaves(None), "TypeError"),
    "a list": (misbehaves({"w1": [1.0], "w2": 1.0}), "w1 is [1.0]"),
    "no names": (misbehaves({"other": 1.0}), "returned other"),
    "hangs": (hang, "was not done in 1 s"),
}


@pytest.mark.parametrize("part", ["compute", "prepare"])
@pytest.mark.parametrize("kind", METRICS)
def test_a_metric_that_misbehaves_is_its_own_failure(tmp_path, monkeypatch, kind, part):
    code, said = METRICS[kind]
    if part == "prepare" and kind in ("text", "a list", "no names", "none"):
        pytest.skip("what prepare returns is the metric's own")
    monkeypatch.setattr(measured, "LIMIT_S", 1.0)
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    broken = replace(registry.metrics.get("wasserstein"), **{part: code})
    with registry.temporarily(broken):
        result = run(tmp_path / "run", variants=["ns"], seeds=1, no_controls=True, checkpoints=1)
    assert not result.failed
    (record,) = Store(tmp_path / "run").records()
    last = record.measurements[-1]
    assert said in last.unmeasured["wasserstein"] and record.status == "ok"
    assert "w2" not in last.values and "modes" in last.values  # the others are measured


@pytest.mark.parametrize("error", [MemoryError(), OSError(errno.EIO, "Input/output error"),
                                   RuntimeError("can't start new thread")])  # fmt: skip
def test_what_the_machine_lacks_is_no_metrics_failure(tmp_path, error, monkeypatch):
    """The unit is tried again, and at last failed: nothing is taken for samples without a value."""
    tries = []

    def compute(*given, **more):
        tries.append(True)
        raise error

    broken = replace(registry.metrics.get("wasserstein"), compute=compute)
    with registry.temporarily(broken):
        result = run(tmp_path, variants=["ns"], seeds=1, no_controls=True, checkpoints=1)
    assert len(result.failed) == 1
    assert len(tries) == 1 + RETRIES + 1  # the last for the floor in the record of the failure
    (record,) = Store(tmp_path).records()
    assert record.status == "failed" and type(error).__name__ in record.error
    assert "test_outcomes.py" in record.traceback and os.getcwd() not in record.traceback


@pytest.mark.parametrize("error", [SystemExit(0), KeyError("x"), AssertionError("no")])
def test_a_loss_that_raises_anything_fails_its_variant_alone(tmp_path, error):
    def loss(*given, **more):
        raise error

    broken = replace(registry.variants.get("ns"), name="broken", g_loss=loss)
    with registry.temporarily(broken):
        result = run(tmp_path, variants=["broken", "ns"], no_controls=True)
    assert {label.partition(" ")[0] for label, _ in result.failed} == {"broken"}
    status = result.results.groupby("variant")["status"].unique().map(list).to_dict()
    assert status == {"broken": ["failed"], "ns": ["ok"]}


def test_a_data_set_that_raises_is_one_line(tmp_path):
    def load(data_dir=None):
        raise KeyError("its own mistake")

    broken = replace(registry.datasets.get("ring2d"), name="broken", load=load)
    with registry.temporarily(broken), pytest.raises(UsageError) as told:
        run(tmp_path, dataset="broken")
    assert "data set broken cannot be had: KeyError: 'its own mistake'" in str(told.value)


def test_a_unit_that_takes_too_long_has_the_status_timeout_and_goes_on_later(tmp_path):
    slow = run(tmp_path, variants=["ns"], seeds=1, no_controls=True, steps=1_500, checkpoints=1,
               unit_timeout=0.2, backend="reference")  # fmt: skip
    assert [why for _, why in slow.failed] == ["not done in 0.2 s (--unit-timeout)"]
    (record,) = Store(tmp_path).records()
    assert record.status == "timeout" and slow.results["status"].unique().tolist() == ["timeout"]
    again = run(tmp_path, variants=["ns"], seeds=1, no_controls=True, steps=1_500, checkpoints=1,
                backend="reference")  # fmt: skip
    assert not again.failed and Store(tmp_path).records()[0].status == "ok"


def unit(seeds=(0,)):
    from ganbench.experiment.plan import make_plan
    from ganbench.experiment.request import Request

    plan, _ = make_plan(
        Request(variants=("ns",), dataset="ring2d", preset="tiny", batch=8, no_controls=True,
                seeds=seeds, backend="reference")
    )  # fmt: skip
    (made,) = plan.units()
    return made


def fail(schedule, error):
    """Let every unit fail in the same way, and return the seeds of those that were tried."""
    tried = []
    while one := schedule.next():
        tried.append(one.seeds if isinstance(one, Unit) else one)
        schedule.ended(one, event_of(error))
    return tried


def test_infrastructure_is_retried_a_stated_number_of_times_and_mistakes_never():
    told = []
    for error, times in ((OSError(errno.EIO, "x"), 1 + RETRIES), (ValueError("x"), 1)):
        schedule = Schedule([unit()], lambda unit, event: told.append([*event]))
        assert len(fail(schedule, error)) == times
        ((_, failure),) = schedule.failed
        assert failure.kind == ("infrastructure" if times > 1 else "unit")


def test_lanes_are_halved_where_memory_was_lacking():
    schedule = Schedule([unit((0, 1, 2, 3))], lambda unit, event: None)
    tried = fail(schedule, MemoryError())
    assert tried == [(0, 1, 2, 3), (0, 1), (0,), (1,), (2, 3), (2,), (3,)]
    assert [u.seeds for u, _ in schedule.failed] == [(0,), (1,), (2,), (3,)]


def test_a_full_disk_ends_the_run_and_keeps_what_there_is():
    schedule = Schedule([unit()], lambda unit, event: None)
    with pytest.raises(OSError, match="No space left"):
        fail(schedule, OSError(errno.ENOSPC, "No space left on device", "/full"))
    assert not schedule.failed


def test_errors_of_the_machine_and_of_the_input_are_told_apart():
    assert of_the_machine(MemoryError()) and of_the_machine(OSError())
    assert not of_the_machine(UsageError("no such file")) and not of_the_machine(KeyError("x"))
    assert event_of(np.linalg.LinAlgError("x"))["kind"] == "unit"


def test_a_time_limit_ends_python_code_and_nothing_else():
    start = time.monotonic()
    with pytest.raises(TookTooLongError, match="not done in 0.2 s"), time_limit(0.2, "waiting"):
        time.sleep(30)
    assert time.monotonic() - start < 5
    with time_limit(0.2, "nothing"):
        pass
    time.sleep(0.3)  # no alarm is left


def test_retries_are_those_of_the_documentation():
    assert (outcomes.RETRIES, outcomes.LONGEST) == (2, 4_000)


def test_a_failure_is_written_when_it_happens_and_takes_the_place_of_no_result(tmp_path):
    """Not at the end of the run, and not beside who trains the unit."""
    plan, _ = make_plan(Request(variants=("ns",), dataset="ring2d", preset="smoke", seeds=2,
                                no_controls=True))  # fmt: skip
    (one,) = [u for u in plan.units() if u.seeds == (0, 1)] or [plan.units()[0]]
    store = Store(tmp_path)
    store.prepare()
    told = []
    failures = Failures(store, "inline", lambda unit, event: told.append(len(store.records())))
    failures.report(one, {"retried": "once more"})
    failures.report(one, {"failed": "lightning", "kind": "infrastructure", "traceback": "here"})
    assert told == [0, len(one.seeds)]
    (record, *_) = store.records()
    assert (record.status, record.error, record.traceback) == ("failed", "lightning", "here")
    done = record.model_copy(update={"status": "ok", "error": ""})
    store.write_record(done)
    again = Failures(store, "inline", lambda unit, event: None)
    assert again.all_written([(one, "lightning")]) == [(one, "lightning")]
    assert {r.run_id: r.status for r in store.records()}[done.run_id] == "ok"


def test_a_failure_waits_for_the_lease_of_a_lost_node(tmp_path, monkeypatch):
    plan, _ = make_plan(Request(variants=("ns",), dataset="ring2d", preset="smoke", seeds=1,
                                no_controls=True))  # fmt: skip
    (one,) = plan.units()
    store = Store(tmp_path)
    store.prepare()
    lease = tmp_path / "leases" / f"{one.unit_id}.json"
    lease.parent.mkdir()
    lost = {"token": "t", "machine": "elsewhere", "pid": 1, "started": "0"}
    lease.write_text(json.dumps(lost))
    monkeypatch.setattr(leases, "LEASE_S", 1.0)
    failures = Failures(store, "inline", lambda unit, event: None)
    failures.report(one, {"failed": "lightning"})
    assert not store.records()  # it may be at work
    failures.all_written([(one, "lightning")])
    assert [r.error for r in store.records()] == ["lightning"]
