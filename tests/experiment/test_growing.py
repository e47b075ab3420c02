"""Budgets that grow: what goes on from kept states, and that it ends as one training would."""

import json
import shutil

import pandas as pd
import pytest
from click.testing import CliRunner

import ganbench
from ganbench.cli import main
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.experiment.growing import checkpoints_of
from ganbench.experiment.record_files import read_record
from ganbench.training.population import Population
from tests.experiment._helpers import run

pytestmark = pytest.mark.usefixtures("no_plots")

SECONDS = {"train_s", "train_cpu_s", "eval_s", "load", "images_per_s", "started_at"}
OTHER = {"peak_mem_bytes", "git_dirty"}


def table(result):
    """Everything but seconds, in a fixed order."""
    rows = result.results.drop(columns=[*SECONDS, *OTHER])
    return rows.sort_values(["run_id", "metric", "checkpoint"]).reset_index(drop=True)


def same(one, other):
    pd.testing.assert_frame_equal(table(one), table(other), check_exact=True)


def records(out):
    return [read_record(path) for path in sorted((out / "records").glob("*.json"))]


@pytest.fixture
def starts(monkeypatch):
    """The steps at which populations begin to train."""
    seen = []
    original = Population.run

    def noted(self, steps):
        if not seen or seen[-1][0] is not self:
            seen.append((self, self.step))
        return original(self, steps)

    monkeypatch.setattr(Population, "run", noted)
    return seen


@pytest.mark.parametrize("dataset, arch", [("ring2d", None), ("digits", "dcgan:width=8")])
def test_a_budget_that_grows_twice_ends_as_one_that_was_large(
    tiny, tmp_path, starts, dataset, arch
):
    """All values at all checkpoints, the curves and the kept states, to the last bit."""
    given = {"dataset": dataset, "arch": arch, "seeds": 2, "ema": 0.9, "checkpoints": 5}
    given |= {
        "variants": ["wgan-gp", "began"],
        "metrics": "w1,fd,oscillation" if arch is None else "fd",
    }
    straight = run(tmp_path / "straight", steps=20, **given)
    assert {step for _, step in starts} == {0}
    starts.clear()
    for steps in (5, 10, 20):
        grown = run(tmp_path / "grown", steps=steps, **given)
    assert sorted({step for _, step in starts}) == [0, 5, 10]
    same(straight, grown)
    models = [sorted((tmp_path / name / "models").iterdir()) for name in ("straight", "grown")]
    assert [path.name for path in models[0]] == [path.name for path in models[1]]
    for one, other in zip(*models, strict=True):
        assert one.read_bytes() == other.read_bytes()
    histories = [
        {r.run_id: r.history for r in records(tmp_path / name) if r.training.steps == 20}
        for name in ("straight", "grown")
    ]
    assert histories[0] == histories[1]


def test_the_last_of_the_smaller_budget_is_one_on_the_way_of_the_larger(tiny, tmp_path):
    """Where `w2` is not measured: only `w1` stays."""
    given = {"variants": ["ns"], "seeds": 1, "checkpoints": 2, "metrics": "w1"}
    straight = run(tmp_path / "straight", steps=8, **given)
    for steps in (4, 8):
        grown = run(tmp_path / "grown", steps=steps, **given)
    same(straight, grown)


def test_the_smaller_budget_stays_and_is_shown_by_its_own_command(tiny, tmp_path):
    small = run(tmp_path, steps=4)
    large = run(tmp_path, steps=8)
    again = run(tmp_path, steps=4)
    assert again.trained == 0 and set(large.results["g_steps"]) == {3, 5, 8}
    same(small, again)
    same(run(tmp_path, steps=8), large)
    assert len(records(tmp_path)) == 2 * len(set(small.results["run_id"]))


def test_checkpoints_that_do_not_nest_keep_all_that_was_measured(tiny, tmp_path):
    run(tmp_path, variants=["ns"], steps=6, checkpoints=3, seeds=1, no_controls=True)
    grown = run(tmp_path, variants=["ns"], steps=10, checkpoints=2, seeds=1, no_controls=True)
    rows = grown.results[grown.results["metric"] == "w1"]
    assert list(rows["g_steps"]) == [2, 4, 6, 10] and list(rows["checkpoint"]) == [1, 2, 3, 4]
    straight = run(
        tmp_path / "s", variants=["ns"], steps=10, checkpoints=2, seeds=1, no_controls=True
    )
    last = straight.results[straight.results["g_steps"] == 10].set_index("metric")["value"]
    own = grown.results[grown.results["g_steps"] == 10].set_index("metric")["value"]
    assert last.equals(own)


def test_seconds_add_up(tiny, tmp_path):
    run(tmp_path, variants=["ns"], steps=4, seeds=1, no_controls=True)
    (first,) = records(tmp_path)
    run(tmp_path, variants=["ns"], steps=8, seeds=1, no_controls=True)
    second = max(records(tmp_path), key=lambda r: r.training.steps)
    assert second.measurements[-1].train_s > first.measurements[-1].train_s
    assert second.started_at == first.started_at


def test_a_diverged_seed_stays_diverged(tiny, tmp_path, starts):
    given = {"variants": ["ns"], "seeds": 2, "hyper": {"lr": 1e30}, "checkpoints": 2}
    straight = run(tmp_path / "straight", steps=16, **given)
    run(tmp_path / "grown", steps=8, **given)
    starts.clear()
    grown = run(tmp_path / "grown", steps=16, **given)
    assert set(grown.results["status"]) >= {"diverged"}
    same(straight, grown)
    diverged = [r for r in records(tmp_path / "grown") if r.status == "diverged"]
    assert {r.training.steps for r in diverged} == {8, 16}
    assert len({r.diverged_at for r in diverged if r.seed == 0}) == 1


@pytest.mark.parametrize("why", ["schedule", "generator only", "flipped", "truncated", "other"])
def test_what_cannot_go_on_is_trained_anew(tiny, tmp_path, starts, why):
    given = {"variants": ["ns"], "seeds": 1, "no_controls": True}
    if why == "schedule":
        given |= {"variants": ["rpgan-r1r2"]}
    if why == "generator only":
        given |= {"keep": "generator"}
    run(tmp_path / "grown", steps=4, **given)
    (model,) = (tmp_path / "grown" / "models").iterdir()
    content = bytearray(model.read_bytes())
    if why == "flipped":
        content[-1] ^= 1
        model.write_bytes(content)
    if why == "truncated":
        model.write_bytes(content[:-8])
    if why == "other":
        given |= {"ema": 0.5}
        with pytest.raises(UsageError, match="weights|ema"):
            run(tmp_path / "grown", steps=8, **given)
        return
    starts.clear()
    grown = run(tmp_path / "grown", steps=8, **given)
    assert [step for _, step in starts] == [0]
    same(run(tmp_path / "straight", steps=8, **given), grown)


def test_kept_states_of_the_largest_budget_replace_the_others(tiny, tmp_path):
    for steps in (4, 8):
        run(tmp_path, variants=["ns"], steps=steps, seeds=2, no_controls=True)
    names = {path.stem for path in (tmp_path / "models").iterdir()}
    assert names == {r.run_id for r in records(tmp_path) if r.training.steps == 8}
    assert ganbench.load(tmp_path, "ns", 1).steps == 8
    run(tmp_path, variants=["ns"], steps=2, seeds=2, no_controls=True)  # a smaller one beside it
    assert ganbench.load(tmp_path, "ns", 1).steps == 8


def test_a_crash_between_records_loses_nothing(tiny, tmp_path, starts):
    given = {"variants": ["ns"], "seeds": 2, "no_controls": True, "dataset": "digits"}
    given |= {"arch": "dcgan:width=8"}
    run(tmp_path / "grown", steps=4, **given)
    shutil.copytree(tmp_path / "grown" / "models", tmp_path / "before")
    straight = run(tmp_path / "grown", steps=8, **given)
    (last,) = [r for r in records(tmp_path / "grown") if r.training.steps == 8 and r.seed == 1]
    (tmp_path / "grown" / "records" / f"{last.run_id}.json").unlink()
    shutil.copytree(tmp_path / "before", tmp_path / "grown" / "models", dirs_exist_ok=True)
    starts.clear()
    again = run(tmp_path / "grown", steps=8, **given)
    assert [step for _, step in starts] == [4] and again.trained == 1
    same(straight, again)


def test_the_same_command_with_more_steps_finds_its_run(tiny, tmp_path, monkeypatch):
    """Without --out too; it says what goes on and what does not."""
    monkeypatch.chdir(tmp_path)
    words = ["run", "--variants", "ns,rpgan-r1r2", "--dataset", "ring2d", "--preset", "tiny"]
    words += ["--engine", "inline", "--json", "--seeds", "3", "--no-controls"]
    said = [CliRunner().invoke(main, [*words, "--steps", steps]).output for steps in ("4", "8")]
    outs = [json.loads(text.splitlines()[-1])["out"] for text in said]
    assert outs[0] == outs[1]
    assert "go on from" not in said[0]
    assert "3 go on from 4 generator updates" in said[1]
    assert "trained anew, as they follow a schedule over the whole budget: rpgan-r1r2" in said[1]


def test_measurements_are_at_even_steps():
    training = registry  # noqa: F841
    from types import SimpleNamespace

    def places(steps, n):
        return checkpoints_of(SimpleNamespace(steps=steps, checkpoints=n))

    assert places(1000, 4) == [250, 500, 750, 1000]
    assert places(10, 3) == [3, 7, 10]
    assert places(7, 7) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.slow
@pytest.mark.parametrize(
    "variants, dataset, arch", [("all", "ring2d", None), ("core,bcr", "digits", "dcgan:width=8")]
)
def test_every_variant_grows(tiny, tmp_path, variants, dataset, arch):
    given = {"variants": [variants], "dataset": dataset, "arch": arch, "seeds": 1}
    given |= {"no_controls": True, "checkpoints": 2}
    straight = run(tmp_path / "straight", steps=12, **given)
    for steps in (3, 6, 12):
        grown = run(tmp_path / "grown", steps=steps, **given)
    same(straight, grown)
