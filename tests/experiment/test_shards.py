"""``ganbench worker``: the parts of a plan, on processes that know nothing of each other."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
from click.testing import CliRunner
from hypothesis import strategies as st

from ganbench.cli import main
from ganbench.core import registry
from ganbench.core.kinds import Where
from ganbench.core.seals import sealed_json, unsealed_json
from ganbench.experiment.plan import make_plan
from ganbench.experiment.plan_files import content, read_plan
from ganbench.experiment.request import Request
from ganbench.experiment.shards import Shard, newly_settled, parse_shard, units_of, work
from ganbench.experiment.store import Store
from tests.experiment._clusters import until
from tests.experiment._helpers import run, values
from tests.faults.test_grammar import for_every, refused

PLAN = {"dataset": "ring2d", "preset": "tiny", "batch": 8}


def written(out, **asked):
    """Write the plan of a request to ``out``, and return it with its path."""
    given = PLAN | {"variants": ("ns", "wgan-gp"), "device": "cpu"} | asked
    plan, _ = make_plan(Request(**given))
    store = Store(out)
    store.prepare()
    store.write_plan(content(plan))
    return plan, out / "plan.json"


def changed(path, change):
    given = json.loads(unsealed_json(path.read_bytes(), str(path)))
    change(given)
    path.write_bytes(sealed_json(json.dumps(given, indent=1)))


def call(*words):
    return CliRunner().invoke(main, ["worker", *map(str, words), "--engine", "inline"])


# ---- the plan as a file ----


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"variants": ("all",), "seeds": None},  # a screening has more seeds of some
        {"no_controls": True, "film": True, "keep": "none", "unit_timeout": 60.0},
        {"hyper": {"lr": 1e-3}, "arch": "toy:width=16", "ema": 0.5, "seeds": (3, 5)},
        {"dataset": "digits", "variants": ("core",), "images_seen": 400, "seeds": 1},
    ],
)
def test_a_plan_is_read_with_the_units_it_was_written_with(asked, tiny, tmp_path):
    plan, path = written(tmp_path, **asked)
    found = read_plan(path)
    assert found.units() == plan.units()
    assert found.to_json() == plan.to_json() and found.name == plan.name
    assert (found.primary, found.unit_timeout) == (plan.primary, plan.unit_timeout)


def test_no_plan_has_a_path_of_this_machine(tiny, tmp_path):
    import numpy as np

    rng = np.random.default_rng(0)
    np.save(tmp_path / "points.npy", rng.normal(size=(200, 2)).astype("float32"))
    dataset = f"array:{tmp_path / 'points.npy'}"
    plan, path = written(tmp_path / "out", dataset=dataset)
    assert str(tmp_path) not in path.read_text()
    assert str(tmp_path) in plan.units()[0].training.data_dir
    here = read_plan(path, str(tmp_path / "points.npy"))
    assert here.units() == plan.units()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda plan: plan.update(format=1), "has format 1, and 2 is known here"),
        (lambda plan: plan.pop("format"), "has format an older one"),
        (lambda plan: plan.pop("arch"), "no plan of this version"),
        (lambda plan: plan.update(device=3, seeds=5), "no plan of this version"),
        (lambda plan: plan["trainings"][0].update(method="0"), "another version of ganbench: ns"),
        (lambda plan: plan["trainings"][0].update(variant="nonesuch"), "unknown variant"),
        (lambda plan: plan["trainings"][0].update(colour=1), "no plan of this version"),
        (lambda plan: plan.update(dataset="nonesuch"), "unknown dataset"),
    ],
)
def test_a_plan_that_cannot_be_used_is_one_line(change, message, tiny, tmp_path):
    _, path = written(tmp_path)
    changed(path, change)
    done = call("--plan", path)
    assert done.exit_code == 2 and message in done.stderr and done.stderr.count("\n") == 1
    assert not list((tmp_path / "records").iterdir())


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text.replace('"ns"', '"lsgan"'), "damaged"),
        (lambda text: "[]", "has format none"),
        (lambda text: "{", "no plan"),
        (lambda text: "", "no plan"),
    ],
)
def test_a_damaged_plan_is_one_line(damage, message, tiny, tmp_path):
    _, path = written(tmp_path)
    path.write_text(damage(path.read_text()))
    done = call("--plan", path)
    assert done.exit_code == 2 and message in done.stderr and done.stderr.count("\n") == 1


def test_data_that_are_others_here_are_refused_by_the_unit(tiny, tmp_path):
    _, path = written(tmp_path, no_controls=True, variants=("ns",), seeds=1)
    changed(path, lambda plan: plan["trainings"][0].update(dataset_sha256="0" * 64))
    done = call("--plan", path)
    assert done.exit_code == 2 and "ring2d has changed since" in done.stderr


# ---- parts ----


@for_every(st.integers(-2, 12), st.integers(-2, 12), examples=60)
def test_a_shard_is_one_of_its_parts_or_an_error(number, parts):
    found = refused(parse_shard, f"{number}/{parts}")
    assert found == (Shard(number, parts) if 1 <= number <= parts else None)


@pytest.mark.parametrize(
    "text", ["", "1", "1/", "/2", "1/2/3", "a/b", "1/0", "5/4", "١/٢", "1/9999999"]
)
def test_other_shards_are_one_line(text, tmp_path):
    done = call("--plan", tmp_path / "plan.json", "--shard", text)
    assert done.exit_code == 2 and "--shard is" in done.stderr and done.stderr.count("\n") == 1


@for_every(st.integers(0, 30), st.integers(1, 12), examples=60)
def test_every_unit_is_in_one_shard_and_the_shards_are_as_long(units, parts):
    found = [Shard(number, parts).of(list(range(units))) for number in range(1, parts + 1)]
    assert sorted(sum(found, [])) == list(range(units))
    assert max(map(len, found)) - min(map(len, found)) <= 1


def test_shards_are_the_run_whatever_is_done(tiny, tmp_path, no_plots):
    """Together the records of one run, the same however far others are."""
    whole = run(tmp_path / "whole", seeds=2)
    plan, path = written(tmp_path / "out", seeds=2)
    every = plan.units()
    for number in (2, 1, 3):
        own = Shard(number, 3).of(every)
        done = work(path, f"{number}/3", where=Where("inline"))
        assert [u.unit_id for u in done.units] == [u.unit_id for u in own] and not done.failed
    assert done.left == 0
    again = work(path, "2/3", follow=True, where=Where("inline"))
    assert again.units == [] and again.left == 0
    result = run(tmp_path / "out", seeds=2)
    assert result.trained == 0
    assert values(result).equals(values(whole))


def test_who_follows_takes_what_nobody_began_and_no_failure_of_others(tiny, tmp_path):
    names = ("ns", "wgan-gp", "hinge", "lsgan")
    plan, _ = written(tmp_path, variants=names, seeds=2, no_controls=True)
    every = plan.units()
    store = Store(tmp_path)
    store.prepare()
    mine, others = Shard(1, 2).of(every), Shard(2, 2).of(every)
    for unit in (mine[0], others[0]):
        _fail(store, unit)
    found = units_of(plan, store, Shard(1, 2), follow=True)
    assert found == mine + others[1:]  # one's own failure again, not that of another shard
    assert units_of(plan, store, Shard(1, 2), follow=False) == mine
    ended = newly_settled(found, store)
    assert not any(map(ended, found))
    _fail(store, others[1])
    assert ended(others[1]) and not ended(mine[0])  # tried by another one meanwhile


def _fail(store, unit):
    from ganbench.experiment.make_records import failed_records
    from ganbench.experiment.outcomes import Failure

    for record in failed_records(unit, list(unit.seeds), Failure("lightning"), "inline"):
        store.write_record(record)


def test_a_failure_is_one_exit_code_and_is_tried_again(tiny, tmp_path, monkeypatch, no_plots):
    _, path = written(tmp_path, variants=("ns",), seeds=1, no_controls=True)

    def broken(*args, **kwargs):
        raise RuntimeError("lightning")

    with monkeypatch.context() as patch:
        patch.setattr("ganbench.experiment.execute._execute", broken)
        done = call("--plan", path, "--json")
    assert done.exit_code == 1 and "lightning" in done.stdout
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "units": 1,
        "failed": ["ns · seed 0"],
        "left": 1,
    }
    done = call("--plan", path, "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout.splitlines()[-1]) == {"units": 1, "failed": [], "left": 0}


def test_the_plan_is_written_and_nothing_is_started(tiny, tmp_path):
    words = ["plan", "--variants", "ns", "--dataset", "ring2d", "--preset", "tiny", "--write"]
    done = CliRunner().invoke(main, [*words, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert not list((tmp_path / "out" / "records").iterdir())
    assert read_plan(tmp_path / "out" / "plan.json").trainings[0].variant == "ns"


def test_a_directory_that_cannot_be_written_is_one_line(tiny, tmp_path):
    _, path = written(tmp_path)
    (tmp_path / "records").rmdir()
    (tmp_path / "records").write_text("in the way")
    done = call("--plan", path)
    assert done.exit_code == 2 and "cannot write to" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_units_limits_and_options_reach_the_engine(tiny, tmp_path):
    """The plan's time limit, and whether what was done meanwhile is begun."""
    jobs = []

    def note(units, job):
        jobs.append(job)
        return []

    _, path = written(tmp_path, unit_timeout=77.0, no_controls=True)
    engine = replace(registry.engines.get("inline"), name="noted", run=note)
    with registry.temporarily(engine):
        work(path, where=Where("noted", 3, 2))
    assert (jobs[0].timeout, jobs[0].where.workers, jobs[0].where.threads) == (77.0, 3, 2)
    assert jobs[0].done.__qualname__ == "newly_settled.<locals>.settled"


@pytest.mark.slow
def test_of_three_workers_one_is_killed_and_every_record_is_there_once(tmp_path):
    request = Request(
        variants=("ns", "wgan-gp", "hinge"), dataset="ring2d", preset="smoke", seeds=2, steps=60,
        checkpoints=3, device="cpu", backend="reference", no_controls=True,
    )  # fmt: skip
    plan, _ = make_plan(request)
    for name in ("shared", "alone"):
        Store(tmp_path / name).prepare()
        Store(tmp_path / name).write_plan(content(plan))
    work(tmp_path / "alone" / "plan.json", where=Where("inline"))

    def worker(number):
        return subprocess.Popen(
            [sys.executable, "-m", "ganbench.cli", "worker", "--plan",
             str(tmp_path / "shared" / "plan.json"), "--shard", f"{number}/3", "--follow",
             "--engine", "inline"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "GANBENCH_LEASE_S": "5"},
        )  # fmt: skip

    crew = [worker(number) for number in (1, 2, 3)]
    store = Store(tmp_path / "shared")
    until(store.at_work)
    crew[0].send_signal(signal.SIGKILL)
    said = [process.communicate()[0] for process in crew]
    assert [process.returncode for process in crew] == [-signal.SIGKILL, 0, 0], said
    found = {r.run_id: [m.values for m in r.measurements] for r in store.records()}
    alone = {
        r.run_id: [m.values for m in r.measurements] for r in Store(tmp_path / "alone").records()
    }
    assert found == alone and len(found) == 6
    assert not store.at_work()
