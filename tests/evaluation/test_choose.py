"""From words to metrics and their quantities, and from names to features."""

from dataclasses import replace

import numpy as np
import pytest

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Extractor, Mixture, needs
from ganbench.evaluation.choose import (
    MIN_CHECKPOINTS,
    choose_metrics,
    lacking_in_run,
    lacking_in_score,
    load_extractor,
    primary_quantity,
    quantity_names,
)
from ganbench.evaluation.score import choose_for_samples
from tests.evaluation._helpers import data, dataset, probe

OF_SAMPLES = [
    metric
    for metric in registry.metrics.items()
    if not metric.needs.missing(lacking_in_score(probs=True, train=True))
]


def chosen(asked, lacking=None, features="none", words=None):
    """Return ``{metric: quantities}``."""
    found = choose_metrics(asked, words or {}, lacking or {}, features)
    return {metric.name: quantities for metric, quantities in found}


# ---- on samples alone ----


def test_every_metric_has_a_group_and_every_quantity_a_name_of_its_own():
    assert {m.group for m in registry.metrics.items()} >= {"quality", "transport", "collapse"}
    keys = [q.key for m in OF_SAMPLES for q in m.quantities]
    assert len(keys) == len(set(keys))


def test_choosing_metrics():
    assert [m.name for m, _ in choose_for_samples("transport", "none", False, False)] == [
        m.name for m in OF_SAMPLES if m.group == "transport"
    ]
    ((metric, keys),) = choose_for_samples("w1", "none", False, False)
    assert metric.name == "wasserstein" and keys == {"w1"}
    with pytest.raises(UsageError, match="unknown metric 'fdd': did you mean fd"):
        choose_for_samples("fdd", "none", False, False)
    with pytest.raises(UsageError, match="modes cannot be measured: it needs class probabilities"):
        choose_for_samples("modes", "none", False, False)
    with pytest.raises(UsageError, match="no metrics"):
        choose_for_samples("", "none", False, False)


@pytest.mark.parametrize(("probs", "train"), [(False, False), (True, False), (False, True)])
def test_all_of_samples_is_what_the_samples_allow(probs, train):
    inputs = {"features", "probs" if probs else "features", "train" if train else "features"}
    found = choose_for_samples("all", "none", probs, train)
    assert [m for m, _ in found] == [
        m for m in registry.metrics.items() if m.needs.inputs <= inputs
    ]
    assert all(keys == {q.key for q in metric.quantities} for metric, keys in found)


@pytest.mark.parametrize(
    ("takes", "message"),
    [
        (needs.MIXTURE, "the exact modes of a mixture"),
        (needs.PAIR, "it reads a trained pair: a run measures it"),
        (needs.CURVE, "it reads the checkpoints of a training: a run measures it"),
        (needs.PROBS, "it needs class probabilities: use --features classifier:NAME"),
        (needs.TRAIN, "it needs the training samples: give --train PATH"),
    ],
)
def test_what_samples_alone_do_not_allow_is_refused_with_its_reason(takes, message):
    metric = probe(takes, reads="fd" if takes is needs.CURVE else "").metric
    with (
        registry.temporarily(metric),
        pytest.raises(UsageError, match=f"^probe cannot be measured: .*{message}"),
    ):
        choose_for_samples("probe", "none", False, False)


# ---- words ----


def test_a_word_stands_for_its_metrics_and_a_quantity_for_itself():
    frechet, transport = (registry.metrics.get(name) for name in ("frechet", "wasserstein"))
    words = {"default": [frechet, transport]}
    assert chosen("default", words=words) == {"frechet": {"fd"}, "wasserstein": {"w1", "w2"}}
    assert chosen(["w2", "fd"]) == {"wasserstein": {"w2"}, "frechet": {"fd"}}
    assert chosen(" w2 , default,", words=words) == {
        "wasserstein": {"w1", "w2"},
        "frechet": {"fd"},
    }


def test_of_metrics_with_one_quantity_the_one_that_can_be_measured_is_chosen():
    on_mixtures = chosen("modes", {"probs": "no classes"})
    on_classes = chosen("modes", {"mixture": "no modes"})
    assert on_mixtures == {"mode-coverage": {"modes"}}
    assert on_classes == {"class-coverage": {"modes"}}
    with pytest.raises(UsageError, match="modes cannot be measured: no classes, and no modes"):
        chosen("modes", {"probs": "no classes", "mixture": "no modes"})


def test_a_metric_that_reads_a_curve_is_chosen_with_the_curve_only():
    assert set(chosen("oscillation,fd")) == {"oscillation", "frechet"}
    with pytest.raises(UsageError, match="oscillation reads fd: name it too"):
        chosen("oscillation,w2")
    assert set(chosen("oscillation,fid", features="inception")) == {"oscillation", "frechet"}
    with pytest.raises(UsageError, match="oscillation reads fid: name it too"):
        chosen("oscillation", features="inception")


def test_names_are_those_of_the_features():
    assert quantity_names("classifier:mnist") == quantity_names("none") == {}
    assert quantity_names("inception")["fd"] == "fid"
    assert chosen("fid", features="inception") == {"frechet": {"fid"}}
    with pytest.raises(UsageError, match="fid is defined on other features: use --features incep"):
        chosen("fid", features="classifier:mnist")
    assert chosen("fd", features="inception") == {"frechet": {"fid"}}


def test_without_any_name_the_words_are_offered():
    with pytest.raises(UsageError, match="no metrics: name some, a group, or say default or every"):
        chosen(" , ", words={"default": [], "every": []})


# ---- in runs ----

CLASSIFIER = Extractor("none", "", None)


def lacking_of(dataset, data, *given):
    """Return what a run lacks beside things that metrics of other data sets read (``known``)."""
    lacking = lacking_in_run(dataset, data, *given)
    return {k: v for k, v in lacking.items() if not k.startswith("known: ")}


def test_a_run_lacks_what_its_data_set_has_not():
    bare = replace(data(), mixture=None)
    assert lacking_of(dataset(classes=None), bare, CLASSIFIER, 5) == {
        "mixture": "the modes of numbered are not known exactly",
        "probs": "numbered has no classes",
    }
    modes = data(mixture=Mixture(centers=[[0, 0]], std=1.0))
    assert lacking_of(dataset(), modes, CLASSIFIER, 5) == {}


def test_classes_are_read_with_the_features_of_the_data_sets_own_classifier():
    modes = data(mixture=Mixture(centers=[[0, 0]], std=1.0))
    other = replace(CLASSIFIER, key="pixels")
    assert lacking_of(dataset(), modes, other, 5) == {"probs": "it needs --features none"}


def test_a_curve_needs_five_checkpoints():
    modes = data(mixture=Mixture(centers=[[0, 0]], std=1.0))
    assert MIN_CHECKPOINTS == 5
    assert lacking_of(dataset(), modes, CLASSIFIER, 4) == {
        "curve": "it reads 5 checkpoints, and there are 4"
    }


def test_what_is_known_of_a_data_set_is_read_on_it_and_nowhere_else():
    matrix = {"matrix": np.full((6, 4), 0.25)}
    letters, none = data(known={"sequence": matrix}), data()
    reason = "numbered has no known sequence"
    assert "known: sequence" not in lacking_in_run(dataset(), letters, CLASSIFIER, 5)
    lacking = lacking_in_run(dataset(), none, CLASSIFIER, 5)
    assert lacking["known: sequence"] == reason
    with pytest.raises(UsageError, match=f"position_kl cannot be measured: {reason}"):
        choose_metrics("position_kl", {}, lacking, "none")
    with pytest.raises(UsageError, match="it reads a known sequence: a run measures it on such"):
        choose_metrics("sequence-kl", {}, lacking_in_score(probs=True, train=True), "none")


def test_the_primary_quantity_is_the_data_sets_own_where_it_is_measured():
    both = [registry.metrics.get(name) for name in ("wasserstein", "frechet")]
    assert primary_quantity(dataset(primary="fd"), "none", both) == "fd"
    assert primary_quantity(dataset(primary="w2"), "none", both) == "w2"
    assert primary_quantity(dataset(primary="kd"), "none", both) == "w1"  # the first there is
    assert primary_quantity(dataset(primary="fd"), "inception", both) == "fid"


def test_features_are_loaded_by_name_and_argument():
    assert load_extractor("classifier:mnist").key == "classifier:mnist"
    assert load_extractor("none").key == "none"
    with pytest.raises(UsageError, match="unknown features 'nome'"):
        load_extractor("nome")


def test_a_metric_is_chosen_by_its_own_name_too():
    lacking = lacking_in_score(probs=False, train=False)
    ((metric, keys),) = choose_metrics("sliced-wasserstein", {}, lacking, "none")
    assert metric.name == "sliced-wasserstein" and keys == {"sliced_w2"}


def test_a_primary_quantity_that_no_metric_yields_is_refused():
    wrong = replace(registry.datasets.get("ring2d"), primary="w3")
    with pytest.raises(UsageError, match="unknown primary quantity of ring2d 'w3': did you mean"):
        primary_quantity(wrong, "none", [registry.metrics.get("wasserstein")])
