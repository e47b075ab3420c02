"""``status``, ``verify store`` and ``doctor``: what is there, and what is missing."""

import json
from collections import Counter

import pytest
from click.testing import CliRunner

from ganbench.cli import main
from ganbench.experiment import plan_files
from ganbench.experiment.execute import execute
from ganbench.experiment.plan import make_plan
from ganbench.experiment.progress import RunProgress
from ganbench.experiment.request import Request
from ganbench.experiment.store import Store
from tests.experiment._helpers import run

pytestmark = pytest.mark.usefixtures("no_plots")


class Stop(Exception):
    pass


def call(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def interrupted(tiny, tmp_path):
    """A run of two variants with two seeds, of which one is done and one was interrupted."""
    asked = {"dataset": "ring2d", "preset": "tiny", "batch": 8, "no_controls": True}
    run(tmp_path, variants=["ns"], no_controls=True)
    plan, _ = make_plan(Request(variants=("ns", "hinge"), **asked))
    store = Store(tmp_path)
    store.write_plan(plan.to_json())
    (unit,) = plan.units(store.ended(), store.begun())

    def stop(event):
        if event.get("step", 0) > 8 and "values" not in event:
            raise Stop

    with pytest.raises(Stop):
        execute(unit, store, stop, "inline")
    return tmp_path, store, unit


def test_status_tells_what_is_done_at_work_and_interrupted(interrupted):
    out, store, unit = interrupted
    done = call("status", out, "--json")
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["planned"] == {"ns": 2, "hinge": 2} and found["left"] == 2
    assert found["ended"] == {"ns": {"ok": 2}, "hinge": {}}
    assert [(e["variant"], e["seeds"], e["running"]) for e in found["at_work"]] == [
        ("hinge", [0, 1], False)
    ]
    assert "2 of 4 trainings done, 0 units at work, 1 interrupted" in done.stdout
    with store.claimed(unit):
        assert "hinge · 2 seeds: at work" in call("status", out).stdout


def test_controls_of_another_budget_are_not_those_of_the_plan(tiny, tmp_path):
    """Nor does more of one variant make up for another one that is missing."""
    run(tmp_path, variants=["ns"])
    request = Request(variants=("ns",), dataset="ring2d", preset="tiny", batch=8, steps=30)
    plan, _ = make_plan(request)
    store = Store(tmp_path)
    store.write_plan(plan_files.content(plan))
    left = sum(len(unit.seeds) for unit in plan.units(store.ended()))
    found = json.loads(call("status", tmp_path, "--json").stdout.splitlines()[-1])
    assert found["left"] == left == sum(found["planned"].values())
    assert not any(found["ended"].values())
    more = RunProgress({"a": 1, "b": 2}, {"a": Counter(ok=3), "b": Counter()}, [])
    assert more.left == 2


def test_status_of_what_is_no_run_is_one_line(tmp_path):
    for content in (None, b"{}", b"[", b'{"controls": 3, "trainings": []}'):
        if content is not None:
            (tmp_path / "plan.json").write_bytes(content)
        done = call("status", tmp_path)
        assert done.exit_code == 2 and done.stderr.count("\n") == 1


def test_verify_store_names_what_is_damaged_and_what_is_missing(interrupted):
    out, store, unit = interrupted
    done = call("verify", "store", out, "--json")
    assert done.exit_code == 1 and json.loads(done.stdout.splitlines()[-1])["left"] == 2
    run(out, variants=["ns", "hinge"], no_controls=True)
    assert call("verify", "store", out).exit_code == 0
    for pattern in ("records/*.json", "models/*.safetensors", "samples/*.npy", "units/*.json"):
        path = sorted(out.glob(pattern))[0]
        content = path.read_bytes()
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
        done = call("verify", "store", out, "--json")
        damaged = json.loads(done.stdout.splitlines()[-1])["damaged"]
        assert done.exit_code == 1 and list(damaged) == [str(path)]
        path.write_bytes(content)


def test_what_a_run_drops_while_it_is_verified_is_not_damaged(interrupted, monkeypatch):
    from ganbench.experiment import checkpoints

    out, store, unit = interrupted
    read = checkpoints.read_state

    def dropped(path):
        store.drop_checkpoint(unit)
        return read(path)

    assert store.load_checkpoint(unit) is not None
    monkeypatch.setattr(checkpoints, "read_state", dropped)
    found = json.loads(call("verify", "store", out, "--json").stdout.splitlines()[-1])
    assert found["damaged"] == {} and store.load_checkpoint(unit) is None


def test_verify_takes_a_folder_where_it_needs_one(tmp_path):
    assert "needs a folder" in call("verify", "store").stderr
    assert "takes no FOLDER" in call("verify", "dirac", tmp_path).stderr


def test_doctor_says_what_to_put_right(monkeypatch, tmp_path):
    from importlib import metadata

    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    well = call("doctor", "--json")
    found = {f["subject"]: f for f in json.loads(well.stdout.splitlines()[-1])}
    assert well.exit_code == any(f["state"] == "fix" for f in found.values())
    assert found["data mnist"]["state"] == found["classifier:mnist"]["state"] == "ok"

    true = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "0.1" if name == "pot" else true(name))
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr("ganbench.evaluation.features.classifier.SHA256", {"mnist": "0" * 64})
    ill = call("doctor", "--json")
    wrong = {f["subject"] for f in json.loads(ill.stdout.splitlines()[-1]) if f["state"] == "fix"}
    assert ill.exit_code == 1
    assert {"pot", "OMP_NUM_THREADS", "cache", "classifier:mnist"} <= wrong
    assert all(f["fix"] for f in json.loads(ill.stdout.splitlines()[-1]) if f["state"] == "fix")
