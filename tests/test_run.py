"""Runs end to end: records, resume, divergence, failures, engines, tables."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import ganbench
from ganbench import registry
from ganbench.errors import UsageError
from ganbench.plan import Request, make_plan
from ganbench.protocols import described
from ganbench.reports import leaderboard
from ganbench.reports.findings import findings, limits
from ganbench.reports.tables import number, terminal_table
from ganbench.runner import execute, make_evaluator
from ganbench.sides import subset
from ganbench.store import Record, Store, write_bytes

VARIANTS = ["ns", "wgan-gp"]


def run(out, **kwargs):
    given = {"dataset": "ring2d", "preset": "tiny", "engine": "inline", "batch": 8} | kwargs
    return ganbench.run(given.pop("variants", VARIANTS), out=out, **given)


def values(result):
    columns = ["run_id", "checkpoint", "metric", "value"]
    return result.results[columns].sort_values(columns[:3]).reset_index(drop=True)


def test_a_run_leaves_everything_and_the_next_does_nothing(tiny, tmp_path):
    result = run(tmp_path)
    assert result.trained == 4 and not result.failed and not result.skipped
    for name in ("plan.json", "results.csv", "leaderboard.csv", "plots/curves-w2.png",
                 "plots/final-values.svg", "plots/collapse.png", "samples/ns-toy.png"):  # fmt: skip
        assert (tmp_path / name).stat().st_size > 0
    assert all(path.exists() for path in result.written)
    assert not (tmp_path / "checkpoints").exists()
    table = leaderboard.read(tmp_path / "results.csv")
    assert list(table.columns) == leaderboard.RESULT_COLUMNS
    assert list(result.leaderboard.columns) == leaderboard.LEADERBOARD_COLUMNS
    assert np.array_equal(table["value"], result.results["value"])  # the very same float64
    assert set(table["checkpoint"]) == {1, 2, 3} and set(table["status"]) == {"ok"}
    assert (table[table["variant"] == "ns"]["images_seen"].max()) == 96
    mtime = (next((tmp_path / "records").iterdir())).stat().st_mtime_ns
    again = run(tmp_path)
    assert again.trained == 0 and values(again).equals(values(result))
    assert (next((tmp_path / "records").iterdir())).stat().st_mtime_ns == mtime


def test_more_seeds_extend_a_run_and_equal_a_fresh_one(tiny, tmp_path):
    run(tmp_path / "grown", seeds=1, batch=32)
    grown = run(tmp_path / "grown", seeds=3, batch=32)
    assert grown.trained == 4
    fresh = run(tmp_path / "fresh", seeds=3, batch=32)
    a, b = values(grown), values(fresh)
    assert a[["run_id", "metric"]].equals(b[["run_id", "metric"]])
    assert np.allclose(a["value"], b["value"], rtol=1e-3, atol=1e-6)


def test_engines_agree(tiny, tmp_path):
    """In worker processes and in this one, with smoke, which workers know too."""
    local = run(tmp_path / "local", preset="smoke", engine="local", workers=2, images_seen=400)
    inline = run(tmp_path / "inline", preset="smoke", images_seen=400)
    assert not local.failed and set(local.results["engine"]) == {"local"}
    a, b = values(local), values(inline)
    assert a["run_id"].equals(b["run_id"])
    assert np.allclose(a["value"], b["value"], rtol=1e-3)


class Stop(Exception):
    pass


def test_an_interrupted_unit_goes_on_and_ends_with_the_same_numbers(tiny, tmp_path):
    whole = run(tmp_path / "whole", variants=["ns"])
    request = Request(("ns",), "ring2d", None, "tiny", batch=8)
    plan, _ = make_plan(request)
    store = Store(tmp_path / "cut")
    store.prepare()
    (unit,) = plan.units(store.done)

    def cut(event):
        if event["step"] > 4 and "values" not in event:
            raise Stop

    with pytest.raises(Stop):
        execute(unit, store, cut, "inline")
    assert store.load_checkpoint(unit)[1]["done"] == 1 and not store.records()
    resumed = run(tmp_path / "cut", variants=["ns"])
    assert values(resumed).equals(values(whole))


def test_diverged_seeds_are_counted_ranked_last_and_shown(tiny, tmp_path, monkeypatch):
    from dataclasses import replace

    from ganbench.optim import SGD

    broken = replace(registry.get("variant", "wgan"), name="explodes", optim=SGD(1e30),
                     constraint=None)  # fmt: skip
    monkeypatch.setitem(registry._entries["variant"], "explodes", broken)
    monkeypatch.setitem(registry._sources, ("variant", "explodes"), __file__)
    result = run(tmp_path, variants=["explodes", "ns"])
    assert not result.failed
    board = result.leaderboard.set_index(["metric", "variant"])
    for metric, worst in (("w2", math.inf), ("modes", 0.0)):
        row = board.loc[metric, "explodes"]
        assert (row["n_seeds"], row["n_failed"], row["median"]) == (2, 2, worst)
        assert math.isnan(row["mean"]) and row["rank"] >= board.loc[metric, "ns"]["rank"]
    assert board.loc["w2", "explodes"]["rank"] == 2
    rows = result.results[result.results["variant"] == "explodes"]
    assert set(rows["status"]) == {"diverged"} and rows["value"].isna().all()
    record = next(r for r in Store(tmp_path).records() if r.training.variant == "explodes")
    assert record.diverged_at is not None and "not finite" in record.error
    assert any("explodes" in s and "diverged in seeds 0, 1" in s for s in findings(result.results))
    terminal_table(result.leaderboard, result.results, "w2")


def test_a_unit_that_breaks_is_recorded_and_redone(tiny, tmp_path, monkeypatch):
    import ganbench.runner

    true, reason = ganbench.runner.execute, "no room"

    def fail(unit, *args, **kwargs):
        if unit.training.variant == "ns":
            raise MemoryError(reason)
        true(unit, *args, **kwargs)

    monkeypatch.setattr("ganbench.runner.execute", fail)
    result = run(tmp_path)
    assert result.failed == [("ns · 2 seeds", "MemoryError: no room")]
    assert set(result.results[result.results["variant"] == "ns"]["status"]) == {"failed"}
    assert result.leaderboard.set_index(["metric", "variant"]).loc["w2", "ns"]["n_failed"] == 2
    reason = "still no room"  # the newest failure is the one on record
    run(tmp_path)
    failed = [r for r in Store(tmp_path).records() if r.status == "failed"]
    assert len(failed) == 2 and all("still no room" in r.error for r in failed)
    monkeypatch.setattr("ganbench.runner.execute", true)
    again = run(tmp_path)
    assert again.trained == 2 and set(again.results["status"]) == {"ok"}


def test_a_worker_that_dies_fails_its_unit_alone(tiny, tmp_path):
    killed = []

    def kill(unit, event):
        if unit.training.variant == "ns" and not killed:
            killed.append(True)
            subprocess.run(["pkill", "-KILL", "-P", str(os.getpid()), "-f", "ganbench.worker"])

    result = run(
        tmp_path, preset="smoke", engine="local", workers=1, progress=kill, images_seen=800
    )
    assert [label for label, _ in result.failed] == ["ns · seed 0"]
    assert "ended with -9" in result.failed[0][1]
    assert set(result.results[result.results["variant"] == "wgan-gp"]["status"]) == {"ok"}


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 75)])
def test_signals_stop_a_run_that_can_go_on(tmp_path, sent, code):
    words = [sys.executable, "-m", "ganbench.cli", "run", "--dataset", "ring2d", "--variants", "ns",
             "--preset", "smoke", "--budget", "5000000", "--out", str(tmp_path / "o")]  # fmt: skip
    process = subprocess.Popen(
        words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        # a shell's background jobs ignore Ctrl-C, and so would theirs
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    try:
        while not (tmp_path / "o" / "logs").exists():
            assert process.poll() is None
            time.sleep(0.1)
        time.sleep(1)
        process.send_signal(sent)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == code and "the same command goes on" in errors
    assert "Traceback" not in errors


def test_two_runs_do_not_share_a_directory(tiny, tmp_path):
    with Store(tmp_path).alone(), pytest.raises(UsageError, match="another ganbench run is using"):
        run(tmp_path)


def test_something_registered_here_is_not_sent_to_workers(tiny, tmp_path, monkeypatch):
    from dataclasses import replace

    mine = replace(registry.get("variant", "ns"), name="mine")
    monkeypatch.setitem(registry._entries["variant"], "mine", mine)
    monkeypatch.setitem(registry._sources, ("variant", "mine"), __file__)
    with pytest.raises(UsageError, match="use engine='inline'"):
        run(tmp_path, variants=["mine"], engine="local")
    assert run(tmp_path, variants=["mine"]).trained == 2


def test_damaged_records_are_named(tiny, tmp_path):
    run(tmp_path, variants=["ns"])
    path = next((tmp_path / "records").iterdir())
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"surprise": 1}))
    with pytest.raises(UsageError, match=f"{path.name} is not a record.*surprise"):
        run(tmp_path, variants=["ns"])


def test_writes_are_whole_or_absent(tmp_path, monkeypatch):
    write_bytes(tmp_path / "a", b"old")

    def no(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", no)
    with pytest.raises(OSError, match="disk full"):
        write_bytes(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"old"


def test_records_carry_their_provenance_and_protocol(tiny, tmp_path):
    run(tmp_path, variants=["ns"])
    record = Store(tmp_path).records()[0]
    assert Record.model_validate_json(record.model_dump_json()) == record
    assert record.torch_version and record.hardware and record.threads >= 1
    fields = record.protocols["mode-coverage"].fields
    for key in ("dataset_sha256", "split", "n_real", "n_fake", "version", "weights", "dtype"):
        assert key in fields
    assert set(record.floors) >= {"w2", "modes", "hq"}
    assert record.floors["modes"] == 8


def test_protocols_differ_with_what_they_hash(tiny):
    def ids(**kwargs):
        request = Request(("ns",), "ring2d", preset="tiny", batch=8)
        plan, data = make_plan(replace(request, **kwargs))
        found = described(make_evaluator(plan.trainings[0], data))
        return {protocol.protocol_id for protocol in found.values()}

    base = ids()
    assert base == ids(seeds=1) == ids(batch=32) == ids(variants=("wgan",)) and len(base) > 3
    for change in ({"images_seen": 100}, {"ema": 0.9}, {"dtype": "float64"}):
        assert not ids(**change) & base


def test_protocols_are_never_mixed(tiny, tmp_path):
    run(tmp_path, variants=["ns"], seeds=1)
    before = {p.name: p.read_bytes() for p in tmp_path.glob("*.*")}
    with pytest.raises(UsageError, match=r"this run.*not comparable: images_seen \(96, 100\)"):
        run(tmp_path, variants=["wgan-gp"], seeds=1, images_seen=100)
    with pytest.raises(UsageError, match=r"ns on toy differs.*this run.*, batch \(8, 32\)"):
        run(tmp_path, variants=["ns"], seeds=1, batch=32)
    assert {p.name: p.read_bytes() for p in tmp_path.glob("*.*")} == before  # nothing trained
    other = run(tmp_path / "other", variants=["ns"], seeds=1, dtype="float64")
    for record in (other.out / "records").iterdir():
        (tmp_path / "records" / record.name).write_bytes(record.read_bytes())
    with pytest.raises(UsageError, match=r"dtype \(float\d\d, float\d\d\)"):
        run(tmp_path, variants=["ns"], seeds=1)  # trains nothing, and draws nothing


def test_hyper_parameters_are_a_part_of_the_training(tiny, tmp_path):
    result = run(tmp_path, variants=["ns", "wgan"], hyper={"lr": 0.01, "beta1": 0.0})
    assert "variant wgan has no hyper-parameter 'beta1'" in result.skipped["wgan"]
    own = [r.training for r in Store(tmp_path).records()]
    assert {t.variant for t in own} == {"ns"} and own[0].hyper == {"lr": 0.01, "beta1": 0.0}
    plain = own[0].model_copy(update={"hyper": {}})
    assert plain.run_id(0) != own[0].run_id(0)
    with pytest.raises(UsageError, match="hyper"):
        run(tmp_path, variants=["ns"])
    still = run(tmp_path / "2", variants=["ns"], hyper={"lr": 0.0}).results
    assert (still.groupby(["seed", "metric"])["value"].nunique() == 1).all()
    assert (result.results.groupby(["seed", "metric"])["value"].nunique() > 1).any()


def test_papers_stand_beside_the_results_of_the_same_variants(tiny, tmp_path):
    result = run(tmp_path, variants=["ns", "wgan-gp"])
    beside = pd.read_csv(tmp_path / "published.csv")
    assert tmp_path / "published.csv" in result.written
    assert set(beside["variant"]) == {"ns"} and set(beside["task"]) == {"ring2d"}
    assert not beside["setup"].eq("same").any() and beside["setup"].notna().all()
    assert len(result.leaderboard) and not result.leaderboard["variant"].eq("pacgan-2").any()


def test_metrics_are_chosen_and_read_what_they_need(tiny, tmp_path, monkeypatch):
    suite = replace(tiny, checkpoints=5, n_real=1000, n_fake=300)
    monkeypatch.setitem(registry._entries["suite"], "tiny", suite)
    result = run(tmp_path, variants=["ns"], metrics="fd,w2,dynamics,memorisation", seeds=1)
    last = result.results[result.results["checkpoint"] == 5].set_index("metric")
    assert set(last.index) == {
        "fd", "w2", "w1", "authenticity", "memorisation", "oscillation", "duality_gap",
        "game_repulsion", "game_rotation", "path_attraction", "path_rotation",
    }  # fmt: skip
    assert np.isfinite(last["value"]).all() and last.loc["duality_gap", "value"] >= 0
    early = result.results[result.results["checkpoint"] < 5]
    assert set(early["metric"]) == {"fd", "w1", "w2"}
    curve = result.results[result.results["metric"] == "fd"].sort_values("checkpoint")["value"]
    assert last.loc["oscillation", "value"] == ganbench.metrics.oscillation(curve.to_numpy())
    assert 0.3 < last.loc["authenticity", "floor"] < 0.5  # 0.38 in the plane
    assert abs(last.loc["memorisation", "floor"]) < 4
    assert math.isnan(last.loc["duality_gap", "floor"])  # no real pair to compare with


def test_checkpoints_are_as_many_as_asked_for(tiny, tmp_path):
    results = run(tmp_path, variants=["ns"], metrics="fd,oscillation", checkpoints=5).results
    assert set(results["checkpoint"]) == {1, 2, 3, 4, 5}
    at_most = run(tmp_path / "2", variants=["ns"], checkpoints=50).results
    assert at_most["checkpoint"].max() == at_most["g_steps"].max() < 50


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        ("fdd", "unknown metric 'fdd': did you mean fd"),
        ("cas", "cas cannot be measured: ring2d has no classes"),
        ("fd,oscillation", "it reads 5 checkpoints, and there are 3"),
        ("", "no metrics"),
    ],
)
def test_metrics_that_cannot_be_measured_are_refused(metrics, message, tiny, tmp_path):
    with pytest.raises(UsageError, match=message):
        run(tmp_path, metrics=metrics)
    assert not (tmp_path / "records").exists()


def test_a_metric_that_the_samples_do_not_allow_counts_as_the_worst(tiny, tmp_path, monkeypatch):
    monkeypatch.setitem(registry._entries["suite"], "tiny", replace(tiny, n_fake=15))
    result = run(tmp_path, variants=["ns"], metrics="fd,memorisation")
    rows = result.results.query("metric == 'memorisation'")
    assert rows["value"].isna().all() and set(rows["checkpoint"]) == {3}
    board = result.leaderboard.set_index("metric")
    assert board.loc["memorisation", "n_failed"] == 2 and board.loc["fd", "n_failed"] == 0
    assert board.loc["memorisation", "median"] == -math.inf
    assert board.loc["authenticity", "n_failed"] == 0
    assert "ns: memorisation could not be measured in seeds 0, 1." in findings(result.results)
    record = Store(tmp_path).records()[0]
    assert (
        "fake has 15 samples: none of 10 cells"
        in record.measurements[-1].unmeasured["memorisation"]
    )


def test_labelled_metrics_read_true_labels(tiny, tmp_path):
    request = Request(("ns",), "mnist", preset="tiny", seeds=1, batch=8, metrics="cas,memorisation")
    plan, data = make_plan(request)
    evaluator = make_evaluator(plan.trainings[0], data)
    assert evaluator.floors["cas"] > 0.6  # 60 real images teach most of it
    labels = np.roll(data.test_labels, 1)
    wrong = replace(evaluator, data=replace(data, test_labels=labels, sha256="other"))
    assert wrong.floors["cas"] < 0.3


def test_copies_of_the_training_set_are_found(tiny, monkeypatch):
    suite = replace(tiny, n_real=1000, n_fake=400)
    monkeypatch.setitem(registry._entries["suite"], "tiny", suite)
    request = Request(("ns",), "mnist", preset="tiny", seeds=1, batch=8, metrics="memorisation")
    plan, data = make_plan(request)
    evaluator = make_evaluator(plan.trainings[0], data)
    copied = subset(data.train, evaluator.n_train, "train")[:400]
    values = evaluator.measure(copied, final=True).values
    assert values["authenticity"] == 0
    assert values["memorisation"] < -2 < evaluator.floors["memorisation"]


def test_leaderboard_against_a_hand_computed_case():
    rows = [
        {"protocol_id": "p", "metric": "fd", "higher_is_better": False, "dataset": "d", "arch": "a",
         "variant": variant, "seed": seed, "status": "ok" if value else "diverged",
         "checkpoint": checkpoint, "value": value, "train_s": 1.0}
        for variant, curves in {
            "ns": [(4.0, 2.0), (6.0, 6.0), (1.0, 3.0)],
            "x": [(1.0, 1.0), (9.0, None), (2.0, 2.0)],
        }.items()
        for seed, curve in enumerate(curves)
        for checkpoint, value in enumerate(curve, 1)
    ]  # fmt: skip
    rows = [
        r | {"status": "diverged"} if r["variant"] == "x" and r["seed"] == 1 else r for r in rows
    ]
    board = leaderboard.leaderboard(pd.DataFrame(rows)).set_index("variant")
    ns, x = board.loc["ns"], board.loc["x"]
    assert (ns["median"], ns["mean"], ns["best"], ns["n_failed"]) == (3.0, 11 / 3, 2.0, 0)
    assert ns["last_over_best"] == 1.0 and ns["sd"] == pytest.approx(np.std([2, 6, 3], ddof=1))
    assert (x["median"], x["n_failed"], x["mean"], x["iqm"]) == (2.0, 1, 1.5, math.inf)
    assert (x["rank"], ns["rank"]) == (1, 2) and 0.1 <= x["p_vs_baseline"] <= 1
    assert math.isnan(ns["p_vs_baseline"])


def test_numbers_in_tables():
    assert [number(x) for x in (math.nan, math.inf, 0.12345, 12345.6)] == [
        "–",
        "∞",
        "0.123",
        "12346",
    ]


def test_python_train():
    population = ganbench.train("ns", "ring2d", seeds=[0, 1], steps=3, hyper={"lr": [1e-3, 1e-4]})
    assert population.sample(5, seed=1).shape == (5, 2)
    assert set(population.params(seed=0)) == {"g", "d"}


def finding(curves, fidelity="precision", variants=("v",)):
    """Return the findings on seeds whose checkpoints are (modes, reverse_kl, precision)."""
    rows = [
        {"arch": "a", "variant": v, "seed": seed, "status": "ok", "checkpoint": i,
         "images_seen": 1000.0 * i, "metric": metric, "value": value, "floor": 10.0}
        for v in variants
        for seed, curve in enumerate(curves)
        for i, values in enumerate(curve, 1)
        for metric, value in zip(("modes", "reverse_kl", fidelity), values, strict=True)
    ]  # fmt: skip
    return findings(pd.DataFrame(rows))


def test_findings_tell_collapse_from_no_learning_and_from_recovery():
    fine, bad, noise = (10, 0.1, 0.5), (4, 1.2, 0.5), (1, 2.3, 0.0)
    assert finding([[fine, fine]]) == []
    assert finding([[bad, fine], [fine, fine]]) == [
        "v: 1 of 2 seeds collapsed at first and recovered after 1,000 images."
    ]
    assert finding([[fine, bad]]) == [
        "v: 1 of 1 seed collapsed at the end: 4 of 10 modes, reverse KL 1.2 nats at worst."
    ]
    (text,) = finding([[noise, noise]])
    assert "1 of 1 seed did not learn the data" in text


def test_variants_of_which_the_same_is_found_share_a_sentence():
    (text,) = finding([[(1, 2.3, 0.0)]], variants=("b", "a"))
    assert text.startswith("a, b: 1 of 1 seed did not learn")


def test_what_a_budget_cannot_show_is_said():
    def said(seeds, n_seeds, **options):
        return limits(make_plan(Request(("ns",), "ring2d", seeds=seeds, **options))[0], n_seeds)

    short, one = said(1, 1, images_seen=12_800)
    assert short.startswith("12,800 images are 200 generator updates") and "1,200,000" in short
    assert one.startswith("One seed")
    assert said(3, 3, images_seen=1_200_000) == ["Intervals from 3 seeds are rough: see --seeds."]
    assert said(5, 5, images_seen=1_200_000) == []


def test_the_cache_is_read_by_the_code_that_wrote_it_alone(tmp_path, monkeypatch):
    from dataclasses import replace

    from ganbench import evaluate
    from ganbench.cache import cached

    metric = registry.get("metric", "frechet")
    digest = evaluate.code_digest(metric)
    assert digest == evaluate.code_digest(registry.get("metric", "wasserstein"))
    assert digest != evaluate.code_digest(replace(metric, compute=lambda prepared, fake: {}))
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    made = []

    def make():
        made.append(True)
        return {"x": np.arange(3.0)}

    for key in ({"a": 1}, {"a": 1}, {"a": 2}):
        assert np.array_equal(cached(key, make)["x"], [0, 1, 2])
    assert len(made) == 2
    for file in (tmp_path / "cache").glob("*.npz"):
        file.write_bytes(file.read_bytes()[:50])  # damaged: made again
    assert np.array_equal(cached({"a": 1}, make)["x"], [0, 1, 2]) and len(made) == 3


def test_presets_do_not_share_what_they_cached_of_other_real_samples(tmp_path, monkeypatch):
    from ganbench.evaluate import Evaluator, load_extractor

    spec = registry.get("dataset", "ring2d")
    metric = registry.get("metric", "wasserstein")  # reads 1,000 at most of what the preset has

    def floors(n_real, cache):
        monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / cache))
        extractor = load_extractor("none")
        return Evaluator(spec, spec.load(None), extractor, (metric,), n_real, 500, {}).floors

    few, many = floors(1_000, "one"), floors(10_000, "one")
    assert many == floors(10_000, "another") != few
