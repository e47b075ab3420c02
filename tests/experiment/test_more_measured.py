"""More metrics of finished trainings: from kept models alone, under their own protocols."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import ganbench
from ganbench import metrics as ours
from ganbench.cli import main
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Quantity
from ganbench.experiment import kept_models
from ganbench.experiment.measure_plan import plan_again
from ganbench.experiment.record_files import read_record
from ganbench.experiment.store import Store
from ganbench.training.population import Population
from tests.experiment._helpers import run

pytestmark = pytest.mark.usefixtures("no_plots")

METRICS = "default,duality_gap,oscillation"


WORDS = {
    "variants": "ns,wgan-gp",
    "dataset": "ring2d",
    "preset": "smoke",
    "seeds": "2",
    "batch-size": "8",
    "ema": "0.9",
    "metrics": METRICS,
    "steps": "10",
    "checkpoints": "5",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run of points."""
    out = tmp_path_factory.mktemp("made") / "run"
    words = [part for key, value in WORDS.items() for part in (f"--{key}", value)]
    done = CliRunner().invoke(main, ["run", *words, "--engine", "inline", "--out", str(out)])
    assert done.exit_code == 0, done.output
    return out


@pytest.fixture
def finished(made, tmp_path, monkeypatch):
    """A copy of it; nothing may be trained."""
    out = tmp_path / "run"
    shutil.copytree(made, out)

    def refused(self, steps):
        raise AssertionError("a population was trained")

    monkeypatch.setattr(Population, "run", refused)
    return out


def measure(out, metrics="default", **options):
    return ganbench.measure(out, metrics, engine="inline", **options)


def call(*words):
    return CliRunner().invoke(main, ["measure", *map(str, words), "--engine", "inline"])


def _twice(real, generated, rng):
    return {"twice": 2 * ours.sliced_wasserstein_distance(real, generated)}


def one_row(table, **where):
    for column, value in where.items():
        table = table[table[column] == value]
    (row,) = table.to_dict("records")
    return row


def test_a_new_metric_of_a_finished_run(finished):
    """As a plugin brings it that was not there when the run was trained."""
    base = registry.metrics.get("sliced-wasserstein")
    quantity = Quantity("twice", "1", higher_is_better=False)

    def compute(*given, **params):
        return {"twice": 2 * base.compute(*given, **params)["sliced_w2"]}

    new = replace(base, name="twice", quantities=(quantity,), compute=compute)
    with registry.temporarily(new):
        result = measure(finished, "twice,sliced_w2", n_fake=50)
    assert not result.failed
    rows = result.results
    assert set(rows["metric"]) == {"twice", "sliced_w2"} and rows["value"].notna().all()
    assert set(rows["variant"]) > {"ns", "wgan-gp", "control:gaussian", "control:real"}
    assert set(rows["n_fake"]) == {50} and rows["floor"].notna().all()
    assert set(rows["checkpoint"]) == {5} and set(rows["g_steps"]) == {10}
    pair = [rows[rows["metric"] == name].set_index("run_id") for name in ("twice", "sliced_w2")]
    assert ((pair[0]["value"] / pair[1]["value"].reindex(pair[0].index)).round(9) == 2).all()
    board = pd.read_csv(finished / "leaderboard.csv")
    assert one_row(board, metric="twice", variant="ns")["n_seeds"] == 2


def test_the_published_models_are_measured_without_training(tmp_path, monkeypatch):
    """By a metric that was not there when they were trained, from what the repository holds."""
    shutil.copytree(Path(__file__).parents[2] / "results" / "digits-models", tmp_path / "run")
    monkeypatch.setattr(Population, "run", None)
    base = registry.metrics.get("sliced-wasserstein")
    quantity = Quantity("new", "1", higher_is_better=False)

    def compute(*given, **params):
        return {"new": base.compute(*given, **params)["sliced_w2"]}

    with registry.temporarily(replace(base, name="new", quantities=(quantity,), compute=compute)):
        result = measure(tmp_path / "run", "new", n_fake=200)
    assert not result.failed
    rows = result.results
    assert {"ns", "wgan-gp", "hinge", "control:gaussian"} <= set(rows["variant"])
    assert rows["value"].notna().all()


def test_the_value_is_of_samples_of_the_model_and_has_its_own_protocol(finished):
    before = pd.read_csv(finished / "results.csv")
    table = measure(finished, "w1", n_fake=40).results
    row = one_row(table, variant="ns", seed=1, metric="w1")
    after = pd.read_csv(finished / "results.csv")
    own = after[after["protocol_id"].isin(before["protocol_id"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(own, before)
    recorded = before[(before["metric"] == "w1") & (before["run_id"] == row["run_id"])]
    assert row["protocol_id"] not in set(before["protocol_id"]) and row["n_fake"] == 40
    assert row["value"] != recorded["value"].iloc[-1]
    assert row["verdict"] == recorded["verdict"].iloc[-1]
    data = registry.datasets.get("ring2d").load(None)
    (unit, *_), *_ = plan_again(finished, "w1", n_fake=39)
    from ganbench.experiment.more_measured import asked_training
    from ganbench.experiment.resolve import evaluator_of

    record = read_record(finished / "records" / f"{row['run_id']}.json")
    again = unit.again.model_copy(update={"n_fake": 40})
    evaluator = evaluator_of(asked_training(record.training, again), data)
    samples = ganbench.load(finished, "ns", 1).sample(40)
    assert evaluator.measure(samples, final=True).values["w1"] == row["value"]


def test_the_same_command_again_measures_nothing_and_another_only_what_is_left(finished):
    assert "9 trainings" not in call(finished, "--metrics", "fd").output
    first = call(finished, "--metrics", "kd,fd", "--n-fake", 50)
    assert first.exit_code == 0, first.output
    files = {p: p.stat().st_mtime_ns for p in (finished / "measured").iterdir()}
    assert call(finished, "--metrics", "kd", "--n-fake", 50).output.startswith("0 trainings")
    assert {p: p.stat().st_mtime_ns for p in (finished / "measured").iterdir()} == files
    next(iter(files)).unlink()
    assert call(finished, "--metrics", "kd,fd", "--n-fake", 50).exit_code == 0
    assert {p.name for p in (finished / "measured").iterdir()} == {p.name for p in files}


def test_what_the_run_has_measured_is_not_measured_again(finished):
    result = measure(finished, "w1")
    assert not (finished / "measured").exists()
    assert set(result.results["metric"]) == {"w1", "w2"}


def test_the_runs_own_table_stays_as_it_was(finished):
    words = ["run", *(part for key, value in WORDS.items() for part in (f"--{key}", value))]
    words += ["--engine", "inline", "--out", str(finished)]
    first = CliRunner().invoke(main, words)
    measure(finished, "w1", n_fake=40)
    again = CliRunner().invoke(main, words)
    assert first.exit_code == again.exit_code == 0 and "0 to train" in again.output
    assert first.output == again.output


@pytest.mark.slow
def test_every_recorded_value_comes_out_again_in_a_fresh_process(finished):
    """Of the dynamics too; and a value that does not is told."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "ganbench.cli", "measure", str(finished), "--check"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every value is that of its record" in done.stdout
    path = next((finished / "records").glob("ns-*-s1.json"))
    content = json.loads(path.read_text())
    del content["sha256"]  # or the record is damaged
    for key in ("w1", "duality_gap"):
        changed = json.loads(json.dumps(content))
        changed["measurements"][-1]["values"][key] *= 1.0000001
        path.write_text(json.dumps(changed))
        done = call(finished, "--check")
        assert done.exit_code == 1 and f"seed 1: {key} is" in " ".join(done.output.split())


def test_a_diverged_seed_has_the_worst_value(tiny, tmp_path):
    run(tmp_path, variants=["ns"], hyper={"lr": 1e30}, metrics="w1")
    result = measure(tmp_path, "fd", n_fake=50)
    row = one_row(result.results, variant="ns", seed=0)
    assert row["status"] == "diverged" and pd.isna(row["value"])
    assert one_row(result.leaderboard, variant="ns")["n_diverged"] == 2


def test_what_reads_the_training_needs_all_of_it(tiny, tmp_path):
    run(tmp_path, variants=["ns"], keep="generator", metrics="w1", seeds=1)
    measure(tmp_path, "duality_gap,fd")
    found = [json.loads(p.read_text()) for p in (tmp_path / "measured").glob("ns-*.json")]
    by_metric = {entry["metric"]: entry for entry in found}
    assert by_metric["frechet"]["values"]
    assert "the generator alone was kept" in by_metric["duality-gap"]["unmeasured"]["duality-gap"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--metrics", "fid"], "is defined on other features"),
        (["--metrics", "fdd"], "unknown metric 'fdd'"),
        (["--metrics", ""], "no metrics"),
        (["--n-fake", "0"], "--n-fake is 0: at least 2 needed"),
        (["--n-real", "1"], "--n-real is 1: at least 2 needed"),
        (["--variants", "nss"], "unknown variant in"),
        (["--dataset", "mnist"], "has no records of mnist"),
        (["--features", "nothing"], "unknown"),
        (["--workers", "0"], "--workers is 0"),
        (["--device", "cuda"], "--device is cuda"),
    ],
)
def test_bad_words_are_one_line(words, message, finished):
    done = call(finished, *words)
    assert done.exit_code == 2 and message in done.stderr and done.stderr.count("\n") == 1
    assert not (finished / "measured").exists()


def test_a_folder_without_records_and_models_that_are_missing_or_damaged(finished, tmp_path):
    assert "no records in" in call(tmp_path / "nothing").stderr
    path = kept_models.find(finished, "ns", 1)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    done = call(finished, "--metrics", "kd")
    assert done.exit_code == 2 and "is damaged" in done.stderr
    path.unlink()
    done = call(finished, "--metrics", "kd")
    assert done.exit_code == 2 and "no model was kept of ns seed 1" in done.stderr
    assert call(finished, "--metrics", "kd", "--variants", "wgan-gp").exit_code == 0
    (next((finished / "measured").iterdir())).write_text("{}")
    with pytest.raises(UsageError, match="is not a measurement of this version"):
        measure(finished, "w1", variants=["wgan-gp"])


def test_draws_are_other_samples_of_the_same_models(finished):
    measure(finished, "wasserstein", draws=3)
    store = Store(finished)
    draws = {own.run_id: own for own in store.draws()}
    trained = [r for r in store.records() if not r.training.control]
    assert set(draws) == {record.run_id for record in trained} and len(trained) == 4
    assert len(store.draws()) == 4  # one metric
    for record in trained:
        own, value = draws[record.run_id], record.measurements[-1].values["w1"]
        assert own.n_draws == 3 and len(set(own.values["w1"])) == 3
        assert value not in own.values["w1"]  # those of the table are another draw
        assert own.values["w1"] == pytest.approx([value] * 3, rel=0.5)
        assert own.protocol_id == record.protocols["wasserstein"].protocol_id
    table = pd.read_csv(finished / "two-levels.csv")
    row = one_row(table, variant="ns", metric="w1")
    ns = np.array([draws[r.run_id].values["w1"] for r in trained if r.training.variant == "ns"])
    assert row["iqm"] == pytest.approx(ns.mean()) and row["n_draws"] == 3 and row["n_seeds"] == 2
    assert row["sd_samples"] == pytest.approx(np.sqrt(ns.var(axis=1, ddof=1).mean()))
    before = (finished / "results.csv").read_bytes()
    assert measure(finished, "wasserstein", draws=2).failed == []  # there are more already
    assert (finished / "results.csv").read_bytes() == before
    assert {own.n_draws for own in store.draws()} == {3}
    measure(finished, "fd", draws=2)  # beside them
    assert {(own.metric, own.n_draws) for own in store.draws()} == {
        ("wasserstein", 3),
        ("frechet", 2),
    }
    table = pd.read_csv(finished / "two-levels.csv")
    assert set(table["metric"]) == {"w1", "w2", "fd"}
    assert one_row(table, variant="ns", metric="w1")["iqm"] == row["iqm"]


def test_draws_join_no_table(finished):
    rows = len(pd.read_csv(finished / "results.csv"))
    measure(finished, "wasserstein", draws=2)
    assert len(pd.read_csv(finished / "results.csv")) == rows


def test_the_command_says_what_samples_and_seeds_make(finished):
    done = call(finished, "--metrics", "wasserstein", "--draws", 2)
    assert done.exit_code == 0, done.output
    assert "4 trainings to measure 2 times" in done.output
    assert "w1: the evaluation's samples make" in " ".join(done.output.split())
    for words, message in (
        (("--draws", 1), "at least 2 needed"),
        (("--draws", 2, "--check"), "two questions"),
    ):
        refused = call(finished, *words)
        assert refused.exit_code == 2 and message in refused.stderr
    path = next((finished / "measured" / "draws").glob("*.json"))
    path.write_text("{}")
    broken = call(finished, "--metrics", "wasserstein", "--draws", 2)
    assert broken.exit_code == 2 and "is not a measurement of this version" in broken.stderr


def test_rotation_is_in_the_stability_table_once_it_is_measured(finished):
    assert pd.read_csv(finished / "stability.csv")["rotation"].isna().all()
    measure(finished, "game_rotation")
    table = pd.read_csv(finished / "stability.csv").set_index("variant")
    rows = pd.read_csv(finished / "results.csv")
    for variant in ("ns", "wgan-gp"):
        own = rows[(rows["variant"] == variant) & (rows["metric"] == "game_rotation")]
        assert table.loc[variant, "rotation"] == pytest.approx(own["value"].mean())
        assert len(own) == 2
