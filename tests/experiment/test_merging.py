"""``ganbench merge``: what several machines made comes together, or the difference is named."""

import json
import shutil

import pandas as pd
import pytest
from click.testing import CliRunner

import ganbench
from ganbench.cli import main
from ganbench.core.errors import UsageError
from ganbench.core.seals import sealed_json, unsealed_json
from ganbench.experiment.merging import differences, joined, merge, result_of
from ganbench.experiment.plan_files import read_plan
from ganbench.experiment.store import Store
from tests.experiment._helpers import run, values

pytestmark = pytest.mark.usefixtures("tiny", "no_plots")


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Two runs, of seeds 0 and 1 and of 1 and 2, and one of all three."""
    from ganbench.core import registry
    from ganbench.core.kinds import Preset

    base = tmp_path_factory.mktemp("parts")
    with registry.temporarily(Preset("tiny", "for tests", 2, 12, 3, 200, 60)):
        for name, seeds in {"one": (0, 1), "two": (1, 2), "all": (0, 1, 2)}.items():
            run(base / name, seeds=seeds, no_controls=True)
    return base


@pytest.fixture
def own(parts, tmp_path):
    """Copies of them, to be changed."""
    return shutil.copytree(parts, tmp_path / "own")


def edit(path, change):
    """Change what a record says, and seal it again."""
    content = json.loads(unsealed_json(path.read_bytes(), str(path)))
    change(content)
    path.write_bytes(sealed_json(json.dumps(content, indent=1)))


def record_of(out, variant="ns", seed=1):
    (path,) = (out / "records").glob(f"{variant}-*-s{seed}.json")
    return path


def test_two_directories_are_one_leaderboard(own):
    """That of the run that trained all: values, models and samples are the same."""
    words = ["merge", own / "one", own / "two", "--to", own / "both"]
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    whole, both = (
        pd.read_csv(own / "all" / "leaderboard.csv"),
        pd.read_csv(own / "both" / "leaderboard.csv"),
    )
    same = [
        c for c in whole.columns if not c.endswith("_s") and "train" not in c and "eval" not in c
    ]
    timed = {"hardware", "git_sha"}
    columns = [c for c in same if c not in timed]
    pd.testing.assert_frame_equal(whole[columns], both[columns])
    for folder, ending in (("models", "safetensors"), ("samples", "npy")):
        names = {path.name for path in (own / "all" / folder).glob(f"*.{ending}")}
        found = {path.name for path in (own / "both" / folder).glob(f"*.{ending}")}
        assert found == names and len(names) == 6
    assert read_plan(own / "both" / "plan.json").seeds == (0, 1, 2)
    again = run(own / "both", seeds=3, no_controls=True)
    assert again.trained == 0
    pd.testing.assert_frame_equal(
        values(again), values(run(own / "all", seeds=3, no_controls=True))
    )
    assert merge([own / "one", own / "two"], own / "both").new == 0


def test_a_conflicting_record_is_named_with_the_difference_and_nothing_is_merged(own):
    def other(content):
        content["measurements"][-1]["values"]["w2"] = 7.25

    path = record_of(own / "two")
    edit(path, other)
    with pytest.raises(
        UsageError, match=rf"{path.stem}: measurements\[2\].values.w2 is .* 7.25 in"
    ):
        merge([own / "one", own / "two"], own / "both")
    assert not list((own / "both" / "records").iterdir())


def test_seeds_that_were_trained_with_others_are_named_by_that(own):
    """The last digits depend on it, and it explains them."""

    def other(content):
        content["lanes"] = 3
        content["history"]["d_loss"][0] = 0.5

    edit(record_of(own / "two"), other)
    with pytest.raises(UsageError, match=r"lanes is 2 in .* and 3 in"):
        merge([own / "one", own / "two"], own / "both")


def test_times_and_machines_may_differ(own):
    def other(content):
        content |= {"hardware": "another", "started_at": "2020", "peak_mem_bytes": 5}
        content["measurements"][0] |= {"train_s": 99.0, "load": 3.0}

    edit(record_of(own / "two"), other)
    assert merge([own / "one", own / "two"], own / "both").trainings == 6
    first = Store(own / "both").whole_records([record_of(own / "one").stem])
    assert next(iter(first.values())).hardware != "another"  # the first one that was named


def test_a_result_takes_the_place_of_a_failure_with_its_model(own):
    def failed(content):
        content |= {"status": "failed", "error": "lightning", "measurements": []}

    path = record_of(own / "one")
    edit(path, failed)
    Store(own / "one").model_path(path.stem).unlink()
    for outs in (("one", "two"), ("two", "one")):
        to = own / "-".join(outs)
        merge([own / name for name in outs], to)
        record = Store(to).whole_records([path.stem])[path.stem]
        assert record.status == "ok" and Store(to).model_path(path.stem).exists()


def test_models_come_from_a_directory_that_agrees(own):
    """A failure's model, if it has one, is not that of the result."""

    def failed(content):
        content |= {"status": "failed", "error": "lightning", "measurements": []}

    path = record_of(own / "one")
    edit(path, failed)
    Store(own / "one").model_path(path.stem).write_bytes(b"of the failure")
    merge([own / "one", own / "two"], own / "both")
    kept = Store(own / "both").model_path(path.stem).read_bytes()
    assert kept == Store(own / "two").model_path(path.stem).read_bytes()


def test_what_was_measured_later_comes_along_or_is_a_conflict(own):
    for name in ("one", "two"):
        ganbench.measure(own / name, "vendi", engine="inline")
    merge([own / "one", own / "two"], own / "both")
    names = {path.name for name in ("one", "two") for path in (own / name / "measured").iterdir()}
    assert {path.name for path in (own / "both" / "measured").iterdir()} == names
    shared = sorted(path for path in (own / "two" / "measured").glob("ns-*-s1-*.json"))
    edit(shared[0], lambda content: content["values"].update(vendi=3.5))
    with pytest.raises(UsageError, match=r"measured/ns-.*: values.vendi is .* and 3.5 in"):
        merge([own / "one", own / "two"], own / "again")


def test_damaged_records_are_left_out_and_said(own):
    path = record_of(own / "one", seed=0)
    path.write_bytes(path.read_bytes()[:-30])
    done = merge([own / "one", own / "two"], own / "both")
    assert len(done.said) == 1 and path.name in done.said[0]
    assert not Store(own / "both").record_path(path.stem).exists()


def test_other_protocols_are_refused_before_anything_is_copied(own):
    run(own / "other", seeds=1, batch=4, no_controls=True)
    with pytest.raises(UsageError, match="not comparable"):
        merge([own / "one", own / "other"], own / "both")
    assert not list((own / "both" / "records").iterdir())


def test_published_runs_are_merged_too(own):
    from ganbench.experiment.packed import pack

    packed = own / "packed"
    pack(own / "one" / "records", packed / "records")
    done = merge([packed, own / "two"], own / "both")
    assert done.trainings == 6 and not done.said


@pytest.mark.parametrize("name", ["nowhere", "busy"])
def test_what_cannot_be_merged_is_one_line(name, own):
    if name == "busy":
        store = Store(shutil.copytree(own / "one", own / "busy"))
        (unit,) = [u for u in store.begun() if u.training.variant == "ns"][:1]
        with store.claimed(unit):
            done = CliRunner().invoke(main, ["merge", str(own / name), "--to", str(own / "to")])
    else:
        done = CliRunner().invoke(main, ["merge", str(own / name), "--to", str(own / "to")])
    said = {"nowhere": "not a run directory", "busy": "is in use"}[name]
    assert done.exit_code == 2 and said in done.stderr and done.stderr.count("\n") == 1


def test_what_belongs_to_the_result_is_compared(own):
    record = next(iter(Store(own / "one").whole_records([record_of(own / "one").stem]).values()))
    content = result_of(record)
    assert {"training", "status", "measurements", "history", "protocols", "floors"} <= set(content)
    assert not {"hardware", "started_at", "threads"} & set(content)
    assert "train_s" not in content["measurements"][0] and "values" in content["measurements"][0]
    nan = float("nan")
    assert list(differences({"a": [1, nan]}, {"a": [1, nan]})) == []
    assert list(differences({"a": [1, 2]}, {"a": [1, 3], "b": 0})) == [
        ("a[1]", 2, 3), ("b", None, 0)
    ]  # fmt: skip


def test_plans_of_other_variants_are_joined():
    def plan(name, seeds, **more):
        training = {"variant": name, "steps": 3}
        return {
            "dataset": "x", "trainings": [training], "seeds": seeds, "more_seeds": {},
            "skipped": {}, "controls": ["control:real"],
        } | more  # fmt: skip

    both = joined(plan("a", [0, 1], skipped={"b": "why"}), plan("b", [1, 2, 3]))
    assert [t["variant"] for t in both["trainings"]] == ["a", "b"] and both["skipped"] == {}
    assert both["seeds"] == [0, 1, 2, 3] and both["more_seeds"] == {"a": [0, 1], "b": [1, 2, 3]}
    assert both["controls"] == ["control:real"]


def test_plans_of_older_versions_are_merged_and_what_is_no_plan_is_one_line(own):
    for name in ("one", "two"):
        plan = Store(own / name).plan()
        for key in ("format", "common", "more_seeds", "controls", "skipped"):
            plan.pop(key, None)
        (own / name / "plan.json").write_text(json.dumps(plan))
    merge([own / "one", own / "two"], own / "both")
    assert Store(own / "both").plan()["seeds"] == [0, 1, 2]
    (own / "two" / "plan.json").write_text(json.dumps({"dataset": "ring2d", "trainings": [3]}))
    with pytest.raises(UsageError, match="is no plan"):
        merge([own / "one", own / "two"], own / "third")
    assert not list((own / "third" / "records").iterdir())


def test_the_target_may_not_be_at_work_either(own):
    store = Store(shutil.copytree(own / "one", own / "busy"))
    (unit,) = [u for u in store.begun() if u.training.variant == "ns"][:1]
    with store.claimed(unit), pytest.raises(UsageError, match="is in use"):
        merge([own / "two"], own / "busy")
