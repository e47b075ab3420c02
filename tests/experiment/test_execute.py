"""Execution of units: what a run leaves, resume, divergence, failures."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import ganbench
from ganbench.cli import main
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.experiment import execute as execution
from ganbench.experiment.execute import execute
from ganbench.experiment.plan import make_plan
from ganbench.experiment.request import Request
from ganbench.experiment.store import Store
from ganbench.reports import leaderboard
from ganbench.reports.findings import findings
from ganbench.reports.results import RESULT_COLUMNS
from ganbench.reports.tables import terminal_table
from tests.experiment._helpers import run, values


def test_a_run_leaves_everything_and_the_next_does_nothing(tiny, tmp_path):
    result = run(tmp_path)
    assert result.trained == 4 and not result.failed and not result.skipped
    for name in ("plan.json", "results.csv", "leaderboard.csv", "plots/curves-w1.png",
                 "plots/final-values.svg", "plots/collapse.png", "samples/ns-toy.png"):  # fmt: skip
        assert (tmp_path / name).stat().st_size > 0
    assert all(path.exists() for path in result.written)
    assert not list((tmp_path / "checkpoints").iterdir())  # kept: another may just begin in it
    table = leaderboard.read(tmp_path / "results.csv")
    assert list(table.columns) == RESULT_COLUMNS
    assert list(result.leaderboard.columns) == leaderboard.LEADERBOARD_COLUMNS
    assert np.array_equal(table["value"], result.results["value"])  # the very same float64
    assert set(table["checkpoint"]) == {1, 2, 3} and set(table["status"]) == {"ok"}
    for axis in ("images", "seconds"):
        assert (tmp_path / f"leaderboard-at-equal-{axis}.csv").stat().st_size > 0
    assert (table[table["variant"] == "ns"]["images_seen"].max()) == 96
    mtime = (next((tmp_path / "records").iterdir())).stat().st_mtime_ns
    again = run(tmp_path)
    assert again.trained == 0 and values(again).equals(values(result))
    assert (next((tmp_path / "records").iterdir())).stat().st_mtime_ns == mtime


@pytest.mark.usefixtures("no_plots")
def test_more_seeds_extend_a_run_and_equal_a_fresh_one(tiny, tmp_path):
    run(tmp_path / "grown", seeds=1, batch=32)
    grown = run(tmp_path / "grown", seeds=3, batch=32)
    assert grown.trained == 4
    fresh = run(tmp_path / "fresh", seeds=3, batch=32)
    a, b = values(grown), values(fresh)
    assert a[["run_id", "metric"]].equals(b[["run_id", "metric"]])
    assert np.allclose(a["value"], b["value"], rtol=1e-3, atol=1e-6)


class Stop(Exception):
    pass


@pytest.mark.usefixtures("no_plots")
def test_an_interrupted_unit_goes_on_and_ends_with_the_same_numbers(tiny, tmp_path):
    whole = run(tmp_path / "whole", variants=["ns"])
    request = Request(variants=("ns",), dataset="ring2d", arch=None, preset="tiny", batch=8)
    plan, _ = make_plan(request)
    store = Store(tmp_path / "cut")
    store.prepare()
    (unit,) = (u for u in plan.units(store.ended()) if not u.training.control)

    def cut(event):
        if event["step"] > 4 and "values" not in event:
            raise Stop

    with pytest.raises(Stop):
        execute(unit, store, cut, "inline")
    assert store.load_checkpoint(unit)[1]["done"] == 1 and not store.records()
    resumed = run(tmp_path / "cut", variants=["ns"])
    assert values(resumed).equals(values(whole))


def test_diverged_seeds_are_counted_ranked_last_and_shown(tiny, tmp_path):
    from ganbench.methods.optimisers import SGD

    broken = replace(registry.variants.get("wgan"), name="explodes", optim=SGD(1e30),
                     constraint=None)  # fmt: skip
    with registry.temporarily(broken):
        result = run(tmp_path, variants=["explodes", "ns"])
    assert not result.failed
    board = result.leaderboard.set_index(["metric", "variant"])
    for metric, worst in (("w2", math.inf), ("modes", 0.0)):
        row = board.loc[metric, "explodes"]
        assert (row["n_seeds"], row["n_diverged"], row["median"]) == (2, 2, worst)
        assert math.isnan(row["mean"]) and math.isnan(row["rank"])
    rows = result.results[result.results["variant"] == "explodes"]
    assert set(rows["status"]) == {"diverged"} and rows["value"].isna().all()
    record = next(r for r in Store(tmp_path).records() if r.training.variant == "explodes")
    assert record.diverged_at is not None and "not finite" in record.error
    said = findings(result.leaderboard, result.results, "w2")
    assert "Diverged (1): explodes." in said
    terminal_table(result.leaderboard, "w2", result.quantities)


@pytest.mark.usefixtures("no_plots")
def test_a_unit_that_breaks_is_recorded_and_redone(tiny, tmp_path, monkeypatch):
    import ganbench.experiment.execute

    true, reason = ganbench.experiment.execute.execute, "no room"

    def fail(unit, *args, **kwargs):
        if unit.training.variant == "ns":
            raise KeyError(reason)
        true(unit, *args, **kwargs)

    monkeypatch.setattr("ganbench.experiment.execute.execute", fail)
    result = run(tmp_path)
    assert result.failed == [("ns · 2 seeds", "KeyError: 'no room'")]
    assert set(result.results[result.results["variant"] == "ns"]["status"]) == {"failed"}
    assert result.leaderboard.set_index(["metric", "variant"]).loc["w2", "ns"]["n_failed"] == 2
    reason = "still no room"  # the newest failure is the one on record
    run(tmp_path)
    failed = [r for r in Store(tmp_path).records() if r.status == "failed"]
    assert len(failed) == 2 and all("still no room" in r.error for r in failed)
    monkeypatch.setattr("ganbench.experiment.execute.execute", true)
    again = run(tmp_path)
    assert again.trained == 2 and set(again.results["status"]) == {"ok"}


@pytest.mark.usefixtures("no_plots")
def test_a_record_says_why_another_backend_executed_the_step(tiny, tmp_path):
    calls = []

    def counts_its_calls(r, f):
        calls.append(1)
        return f.mean() * len(calls)

    odd = replace(registry.variants.get("ns"), name="odd", g_loss=counts_its_calls)
    with registry.temporarily(odd):
        run(tmp_path, variants=["odd", "ns"], seeds=1, backend="traced")
    said = {r.training.variant: r.fell_back for r in Store(tmp_path).records()}
    assert "other values" in said["odd"] and said["ns"] == ""


@pytest.mark.usefixtures("no_plots")
def test_checkpoints_are_as_many_as_asked_for(tiny, tmp_path):
    results = run(tmp_path, variants=["ns"], metrics="fd,oscillation", checkpoints=5).results
    assert set(results[results["variant"] == "ns"]["checkpoint"]) == {1, 2, 3, 4, 5}
    at_most = run(tmp_path / "2", variants=["ns"], checkpoints=50).results
    assert at_most["checkpoint"].max() == at_most["g_steps"].max() < 50


@pytest.mark.usefixtures("no_plots")
def test_hyper_parameters_are_a_part_of_the_training(tiny, tmp_path):
    result = run(tmp_path, variants=["ns", "wgan"], hyper={"lr": 0.01, "beta1": 0.0})
    assert "variant wgan has no hyper-parameter 'beta1'" in result.skipped["wgan"]
    own = [r.training for r in Store(tmp_path).records() if not r.training.control]
    assert {t.variant for t in own} == {"ns"} and own[0].hyper == {"lr": 0.01, "beta1": 0.0}
    plain = own[0].model_copy(update={"hyper": {}})
    assert plain.run_id(0) != own[0].run_id(0)
    with pytest.raises(UsageError, match="hyper"):
        run(tmp_path, variants=["ns"])
    still = run(tmp_path / "2", variants=["ns"], hyper={"lr": 0.0}).results
    of_ns = [table[table["variant"] == "ns"] for table in (still, result.results)]
    distinct = [rows.groupby(["seed", "metric"])["value"].nunique() for rows in of_ns]
    assert (distinct[0] == 1).all() and (distinct[1] > 1).any()
    assert set(of_ns[1]["hyper_id"]) == {own[0].hyper_id} and own[0].hyper_id


@pytest.mark.usefixtures("no_plots")
def test_papers_stand_beside_the_results_of_the_same_variants(tiny, tmp_path):
    result = run(tmp_path, variants=["ns", "wgan-gp"])
    beside = pd.read_csv(tmp_path / "published.csv")
    assert tmp_path / "published.csv" in result.written
    assert set(beside["variant"]) == {"ns"} and set(beside["task"]) == {"ring2d"}
    assert not beside["setup"].eq("same").any() and beside["setup"].notna().all()
    assert len(result.leaderboard) and not result.leaderboard["variant"].eq("pacgan-2").any()


def test_python_train():
    population = ganbench.train("ns", "ring2d", seeds=[0, 1], steps=3, hyper={"lr": [1e-3, 1e-4]})
    assert population.sample(5, seed=1).shape == (5, 2)
    assert set(population.params(seed=0)) == {"g", "d"}


def test_seconds_of_a_lane_are_its_share_of_the_units(tiny, tmp_path):
    """Two lanes that trained for T seconds together took T/2 each."""
    run(tmp_path, variants=["ns"])
    first, second = (r for r in Store(tmp_path).records() if not r.training.control)
    assert first.lanes == 2
    whole = []

    def report(event):
        pass

    plan, _ = make_plan(
        Request(variants=("ns",), dataset="ring2d", preset="tiny", batch=8, seeds=4)
    )
    store = Store(tmp_path / "four")
    store.prepare()
    (unit,) = (u for u in plan.units(store.ended()) if not u.training.control)
    original = execution._evaluate

    def spy(population, evaluator, progress, training, report):
        progress.train_s = 8.0
        original(population, evaluator, progress, training, report)
        whole.append(progress.train_s)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execution, "_evaluate", spy)
        execute(unit, store, report, "inline")
    assert {m.train_s for r in store.records() for m in r.measurements} == {2.0}


def test_a_run_in_which_nothing_finished_ends_with_tables(tiny, tmp_path):
    """Every seed diverges at once: there is no value, and still a report."""
    from ganbench.methods.optimisers import SGD

    hidden = replace(registry.variants.get("rsgan"), name="hidden", g_reads_real=False)
    explodes = replace(registry.variants.get("wgan"), name="explodes", optim=SGD(1e30))
    with registry.temporarily(hidden, explodes):
        result = run(tmp_path, variants=["hidden"])
        own = result.results[result.results["variant"] == "hidden"]
        assert set(own["status"]) == {"diverged"} and own["value"].isna().all()
        board = result.leaderboard
        assert set(board[board["variant"] == "hidden"]["n_diverged"]) == {2}
        terminal_table(result.leaderboard, "w2", result.quantities)
    assert (tmp_path / "plots" / "final-values.png").stat().st_size > 0


@pytest.mark.usefixtures("no_plots")
@pytest.mark.parametrize("most", [1, 2])
def test_lanes_that_do_not_fit_into_memory_are_trained_in_halves(tiny, tmp_path, monkeypatch, most):
    import torch

    whole = run(tmp_path / "whole", variants=["ns"], seeds=3)
    make = execution.population_of

    def small(training, seeds, *args):
        if len(seeds) > most:
            raise torch.cuda.OutOfMemoryError("no memory left")
        return make(training, seeds, *args)

    monkeypatch.setattr(execution, "population_of", small)
    halved = run(tmp_path / "halved", variants=["ns"], seeds=3)
    assert not halved.failed and np.allclose(values(halved)["value"], values(whole)["value"], 1e-3)
    most = 0
    full = run(tmp_path / "full", variants=["ns"], seeds=3)
    assert len(full.failed) == 3 and "no memory left" in full.failed[0][1]  # one lane each
    table = full.results
    assert set(table[table["variant"] == "ns"]["status"]) == {"failed"}


def test_a_run_in_which_nothing_finished_still_ends_with_tables_and_exit_code_1(
    tiny, monkeypatch, tmp_path, no_plots
):
    def broken(*given, **more):
        raise RuntimeError("out of luck")

    monkeypatch.setattr("ganbench.experiment.execute.population_of", broken)
    monkeypatch.setattr("ganbench.experiment.execute.control_samples", broken)
    words = ["run", "--variants", "ns,hinge", "--dataset", "ring2d", "--preset", "tiny"]
    done = CliRunner().invoke(main, [*words, "--engine", "inline", "--out", str(tmp_path)])
    assert done.exit_code == 1, done.output
    assert "Failed (2): hinge, ns." in done.stdout
    table = pd.read_csv(tmp_path / "leaderboard.csv")
    assert table[table["variant"] == "ns"]["n_failed"].unique().tolist() == [2]
    assert (tmp_path / "report.html").exists()
