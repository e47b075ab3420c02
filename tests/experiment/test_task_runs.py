"""``ganbench task``: kept models of a run do a task, its baselines beside them."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import ganbench
from ganbench import api
from ganbench.cli import main
from ganbench.cli.task import _request
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Answer, Data, Paper, Quantity, Task
from ganbench.experiment.store import Store
from ganbench.experiment.task_runs import checked, mixed, plan_task
from ganbench.reports import tasks

PAPER = Paper("Made", "Nobody", 2026)


def brightness(images):
    return float(images.mean())


@pytest.fixture
def mean_task():
    """A task that is done in a moment: the mean of 20 samples; black is its baseline."""

    def solve(given, model, seed, n):
        samples = model.sample(n, seed)
        return Answer({"light": brightness(samples)}, samples[:3])

    def black(given, seed, n):
        images = np.zeros((n, *given.data.train.shape[1:]), np.uint8)
        return Answer({"light": brightness(images)}, images[:3])

    task = Task(
        "light", "how light samples are", (Quantity("light", "", higher_is_better=True),), solve,
        {"black": black}, PAPER, shown=lambda given, n: {"real": given.data.test[:3]},
        params={"n": 20},
    )  # fmt: skip
    with registry.temporarily(task):
        yield task


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run on digits with kept models, two seeds of two variants."""
    from ganbench.core.kinds import Preset

    out = tmp_path_factory.mktemp("tasks") / "out"
    with registry.temporarily(Preset("tiny", "for tests", 2, 12, 3, 200, 60)):
        ganbench.run("ns,hinge", "digits", preset="tiny", out=out, engine="inline", keep="all")
    return out


def do(out, **more):
    return api.task("light", out, engine="inline", **more)


def test_every_seed_and_baseline_is_in_the_table_and_values_join_those_of_the_run(
    finished, mean_task
):
    result = do(finished)
    assert result.failed == []
    rows = result.table.set_index("variant")
    assert rows["n_seeds"].to_dict() == {"ns": 2, "hinge": 2, "baseline:black": 3}
    assert rows.loc["baseline:black", "median"] == 0
    assert list(result.table["median"]) == sorted(result.table["median"], reverse=True)
    for variant in ("ns", "hinge"):
        values = [brightness(ganbench.load(finished, variant, seed).sample(20, seed))
                  for seed in (0, 1)]  # fmt: skip
        assert rows.loc[variant, "median"] == pytest.approx(np.median(values))
    joined = pd.read_csv(finished / "results.csv")
    assert set(joined[joined["metric"] == "light"]["variant"]) == {"ns", "hinge"}
    written = [path.name for path in result.written]
    assert written == ["light.csv", "light.png"] and all(p.exists() for p in result.written)
    assert "light: " in result.said[0] and "beat black (0)" in result.said[0]


def test_what_is_done_is_not_done_again_and_what_is_lost_is(finished, mean_task):
    do(finished)
    planned = plan_task("light", finished)
    assert planned.units == []
    tried = []
    record = planned.records[0]
    Store(finished).more_path(record.run_id, planned.protocol.protocol_id).unlink()
    result = do(finished, announce=lambda units: tried.extend(unit.label for unit in units))
    assert tried == [f"{record.training.variant} · seed {record.seed}"]
    assert set(result.table["n_seeds"]) == {2, 3}


def test_other_parameters_are_another_protocol(finished, mean_task):
    from dataclasses import replace

    first = plan_task("light", finished).protocol
    assert first.fields["params"] == {"n": 20} and first.fields["task"] == "light"
    assert not any(q.headline for q in first.quantities.values())  # figures of the run have its own
    for changed in ({"params": {"n": 21}}, {"version": 2}):
        with registry.temporarily(replace(mean_task, **changed)):
            other = plan_task("light", finished).protocol
        assert other.protocol_id != first.protocol_id


def test_a_task_that_fails_for_one_seed_fails_for_no_other(finished, mean_task):
    from dataclasses import replace

    def solve(given, model, seed, n):
        if model.variant == "ns" and seed == 1:
            raise ValueError("no answer")
        return mean_task.solve(given, model, seed, n)

    with registry.temporarily(replace(mean_task, solve=solve, version=3)):
        result = do(finished)
        assert result.failed == ["ns · seed 1"]
        assert result.table.set_index("variant").loc["ns", "n_seeds"] == 1


def test_a_seed_without_a_model_counts_as_the_worst(finished, mean_task):
    planned = plan_task("light", finished)
    bad = planned.records[0].model_copy(update={"status": "diverged"})
    changed = planned._replace(records=[bad, *planned.records[1:]])
    do(finished)
    rows = tasks.table(changed, Store(finished), []).set_index("variant")
    own = rows.loc[bad.training.variant]
    assert own["n_failed"] == 1 and own["n_seeds"] == 2
    whole = tasks.table(planned, Store(finished), []).set_index("variant")
    assert own["median"] < whole.loc[bad.training.variant, "median"]


def test_answers_that_are_no_numbers_or_not_declared_are_refused(mean_task):
    for values in ({"light": float("nan")}, {"dark": 1.0}):
        with pytest.raises(ValueError, match="task light"):
            checked(mean_task, Answer(values))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lights", "{out}"], "unknown task"),
        (["light", "{out}/nowhere"], "no records"),
        (["light", "{out}", "--variants", "wgan"], "unknown variant"),
        (["light", "{out}", "--dataset", "mnist"], "no records of mnist"),
        (["superres", "{points}"], "does not fit ring2d: it is for images"),
        (["augment", "{points}"], "does not fit ring2d: the data have no classes"),
        (["light", "{bare}"], "no model was kept"),
        (["sampling", "{half}"], "needs D, which was not kept"),
        (["light", "{out}", "--preset", "smoke"], "--preset and --seeds are of a new run"),
        (["light"], "OUT or --variants needed"),
        (["superres", "--variants", "ns", "--dataset", "ring2d"], "does not fit ring2d"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    words, message, finished, mean_task, tiny, tmp_path, no_plots
):
    places = {name: tmp_path / name for name in ("points", "bare", "half")}
    kept = {
        "points": ("ring2d", "all"),
        "bare": ("digits", "none"),
        "half": ("digits", "generator"),
    }
    for name, (dataset, keep) in kept.items():
        if f"{{{name}}}" in words:
            ganbench.run("ns", dataset, preset="tiny", out=places[name], engine="inline",
                         keep=keep, seeds=1)  # fmt: skip
    given = [word.format(out=finished, **places) for word in words]
    done = CliRunner().invoke(main, ["task", *given, "--engine", "inline"])
    assert done.exit_code == 2, done.output
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1 and message in lines[0], lines


def test_the_command_prints_table_sentences_and_json(finished, mean_task):
    words = ["task", "light", str(finished), "--engine", "inline", "--json"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert "baseline:black" in done.stdout and "is best with" in done.stdout
    answer = json.loads(done.stdout.splitlines()[-1])
    assert {row["variant"] for row in answer["rows"]} == {"ns", "hinge", "baseline:black"}


def test_the_untrained_generator_is_that_of_the_run_and_has_learned_nothing(finished):
    given = plan_task("invert", finished).given
    one, other = given.untrained(0), given.untrained(1)
    assert one.sample(4, 0).shape == (4, 1, 8, 8) and one.sample(4, 0).dtype == np.uint8
    assert not np.array_equal(one.sample(4, 0), other.sample(4, 0))
    assert np.array_equal(one.sample(4, 0), given.untrained(0).sample(4, 0))


def test_a_variant_alone_may_be_asked(finished, mean_task):
    result = do(finished, variants=("hinge",))
    assert set(result.table["variant"]) == {"hinge", "baseline:black"}
    with pytest.raises(UsageError, match="unknown task"):
        api.task("dark", finished)


def test_a_task_that_workers_would_not_know_is_refused(finished, mean_task):
    with (
        registry.temporarily(replace(mean_task, version=9)),
        pytest.raises(UsageError, match="task light: registered in this process only"),
    ):
        api.task("light", finished, engine="local")


@pytest.mark.parametrize("needs_d", [False, True])
def test_without_a_run_the_models_are_trained_first_and_once(
    needs_d, mean_task, tiny, tmp_path, monkeypatch, no_plots
):
    monkeypatch.chdir(tmp_path)
    words = "task light --variants ns,hinge --dataset digits --preset tiny --seeds 1"
    with registry.temporarily(replace(mean_task, needs_discriminator=needs_d)):
        done = CliRunner().invoke(main, [*words.split(), "--engine", "inline"])
        again = CliRunner().invoke(main, [*words.split(), "--engine", "inline"])
    assert done.exit_code == again.exit_code == 0, done.output
    (out,) = (tmp_path / "runs").iterdir()
    assert "baseline:black" in done.stdout and "2 trainings to try" in done.stdout
    assert "0 to train" in again.stdout and "0 trainings to try" in again.stdout
    assert {r.seed for r in Store(out).records()} >= {0} and (out / "tasks" / "light.csv").exists()
    found = pd.read_csv(out / "tasks" / "light.csv")
    assert set(found["variant"]) == {"ns", "hinge", "baseline:black"}


def test_what_is_trained_for_a_task_that_reads_d_keeps_d(mean_task):
    for needs, keep in ((True, "all"), (False, "auto")):
        with registry.temporarily(replace(mean_task, needs_discriminator=needs)):
            asked = _request("light", "smoke", 1, ("ns",), "digits", "cpu", None)
        assert asked.keep == keep and asked.variants == ("ns",)


def test_classes_one_after_the_other_are_mixed_and_mixed_ones_stay():
    labels = np.repeat([0, 1, 2], 40)
    samples = labels[:, None] * 1000 + np.arange(120)[:, None]
    order = np.random.default_rng(0).permutation(120)
    as_it_is = Data(samples[order], samples[order], "x", labels[order], labels[order])
    assert mixed(as_it_is) is as_it_is
    for given in (labels, None):
        found = mixed(Data(samples, samples, "x", given, given))
        assert {*found.test[:30, 0] // 1000} == {0, 1, 2}
        assert sorted(found.test.ravel()) == sorted(samples.ravel())
        assert given is None or (found.test_labels == found.test[:, 0] // 1000).all()
        assert np.array_equal(mixed(Data(samples, samples, "x")).test, found.test)  # seeded


def test_a_baseline_that_fails_is_named_and_the_rest_is_done(finished, mean_task, capsys):
    def breaks(given, seed, n):
        if seed == 1:
            raise KeyError("its own")
        return Answer({"light": float("nan") if seed == 2 else 1.0})

    task = replace(mean_task, baselines={**mean_task.baselines, "broken": breaks})
    with registry.temporarily(task):
        result = do(finished)
    assert result.failed == ["baseline broken · seed 1", "baseline broken · seed 2"]
    rows = result.table.set_index("variant")["n_seeds"]
    assert rows["baseline:broken"] == 1 and rows["ns"] == 2
    said = capsys.readouterr().err
    assert "KeyError: 'its own'" in said and "light is nan" in said
