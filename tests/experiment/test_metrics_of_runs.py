"""Metrics in runs: how they are chosen, and what they read."""

import math
from dataclasses import replace

import numpy as np
import pytest

import ganbench
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.evaluation.measure import subset
from ganbench.experiment.plan import make_plan
from ganbench.experiment.request import Request
from ganbench.experiment.resolve import evaluator_of
from ganbench.experiment.store import Store
from ganbench.reports.findings import findings
from tests.experiment._helpers import run

pytestmark = pytest.mark.usefixtures("no_plots")


def test_metrics_are_chosen_and_read_what_they_need(tiny, tmp_path):
    with registry.temporarily(replace(tiny, checkpoints=5, n_real=1000, n_fake=300)):
        result = run(tmp_path, variants=["ns"], metrics="fd,w2,dynamics,memorisation", seeds=1)
    own = result.results[result.results["variant"] == "ns"]
    last = own[own["checkpoint"] == 5].set_index("metric")
    assert set(last.index) == {
        "fd", "w2", "w1", "authenticity", "memorisation", "oscillation", "duality_gap",
        "game_repulsion", "game_rotation", "path_attraction", "path_rotation",
    }  # fmt: skip
    assert np.isfinite(last["value"]).all() and last.loc["duality_gap", "value"] >= 0
    early = own[own["checkpoint"] < 5]
    assert set(early["metric"]) == {"fd", "w1"}  # ring2d is ranked by w1; w2 is slow
    curve = own[own["metric"] == "fd"].sort_values("checkpoint")["value"]
    assert last.loc["oscillation", "value"] == ganbench.metrics.oscillation(curve.to_numpy())
    assert 0.3 < last.loc["authenticity", "floor"] < 0.5  # 0.38 in the plane
    assert abs(last.loc["memorisation", "floor"]) < 4
    assert math.isnan(last.loc["duality_gap", "floor"])  # no real pair to compare with


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        ("fdd", "unknown metric 'fdd': did you mean fd"),
        ("cas", "cas cannot be measured: ring2d has no classes"),
        ("fd,oscillation", "it reads 5 checkpoints, and there are 3"),
        (",", "no metrics"),
        ("", "--metrics is empty"),
    ],
)
def test_metrics_that_cannot_be_measured_are_refused(metrics, message, tiny, tmp_path):
    with pytest.raises(UsageError, match=message):
        run(tmp_path, metrics=metrics)
    assert not (tmp_path / "records").exists()


def test_a_metric_that_the_samples_do_not_allow_counts_as_the_worst(tiny, tmp_path):
    with registry.temporarily(replace(tiny, n_fake=15)):
        result = run(tmp_path, variants=["ns"], metrics="fd,memorisation")
    rows = result.results.query("metric == 'memorisation' and variant == 'ns'")
    assert rows["value"].isna().all() and set(rows["checkpoint"]) == {3}
    board = result.leaderboard.query("variant == 'ns'").set_index("metric")
    assert board.loc["memorisation", "median"] == math.inf
    assert math.isfinite(board.loc["authenticity", "median"])
    said = findings(result.leaderboard, result.results, "fd")
    assert any(s.startswith("memorisation could not be measured for") and "ns" in s for s in said)
    record = Store(tmp_path).records()[0]
    assert (
        "fake has 15 samples: none of 10 cells"
        in record.measurements[-1].unmeasured["memorisation"]
    )


def test_labelled_metrics_read_true_labels(tiny, tmp_path):
    request = Request(
        variants=("ns",),
        dataset="mnist",
        preset="tiny",
        seeds=1,
        batch=8,
        metrics="cas,memorisation",
    )
    plan, data = make_plan(request)
    evaluator = evaluator_of(plan.trainings[0], data)
    assert evaluator.floors["cas"] > 0.6  # 60 real images teach most of it
    labels = np.roll(data.test_labels, 1)
    wrong = replace(evaluator, data=replace(data, test_labels=labels, sha256="other"))
    assert wrong.floors["cas"] < 0.3


def test_copies_of_the_training_set_are_found(tiny):
    request = Request(
        variants=("ns",), dataset="mnist", preset="tiny", seeds=1, batch=8, metrics="memorisation"
    )
    with registry.temporarily(replace(tiny, n_real=1000, n_fake=400)):
        plan, data = make_plan(request)
    evaluator = evaluator_of(plan.trainings[0], data)
    copied = subset(data.train, evaluator.n_train, "train")[:400]
    values = evaluator.measure(copied, final=True).values
    assert values["authenticity"] == 0
    assert values["memorisation"] < -2 < evaluator.floors["memorisation"]
