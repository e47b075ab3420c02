"""The evaluator of a run: what metrics are given, floors, reasons and names."""

from dataclasses import replace

import numpy as np
import pytest

from ganbench.core import registry
from ganbench.core.kinds import Extractor, Mixture, needs
from ganbench.evaluation.evaluator import TRAIN_PER_REAL
from ganbench.evaluation.measure import subset
from ganbench.evaluation.measured import Measured
from tests.evaluation._helpers import (
    TEST,
    TRAIN,
    data,
    dataset,
    evaluator,
    last_digit,
    numbered,
    numbers,
    probe,
)

FAKE = numbered(8000, 60)
HELD_OUT, TRAINED_ON = set(range(TEST, TEST + 120)), set(range(TRAIN, TRAIN + 400))

pytestmark = pytest.mark.usefixtures("own_cache")


def measure(*probes, final=True, **options):
    return evaluator(*(p.metric for p in probes), **options).measure(FAKE, final)


# ---- samples ----


def test_the_real_side_is_a_seeded_subset_of_the_held_out_samples():
    spy = probe()
    measure(spy)
    (real,) = spy.real
    assert len(real) == 50 and set(numbers(real)) < HELD_OUT
    assert np.array_equal(real, subset(data().test, 50, "reference"))


def test_the_generated_side_is_the_first_samples_and_never_the_real_ones():
    spy = probe()
    measure(spy)
    assert numbers(spy.generated[0]) == list(range(8000, 8040))


def test_fewer_held_out_samples_than_asked_for_are_all_read():
    spy = probe()
    found = evaluator(spy.metric, n_real=500)
    found.measure(FAKE, True)
    assert found.sizes(spy.metric) == (120, 40) and set(numbers(spy.real[0])) == HELD_OUT


def test_a_metric_with_max_samples_reads_a_subset_of_the_reference_and_the_first_fakes():
    spy = probe(max_samples=10)
    found = evaluator(spy.metric)
    found.measure(FAKE, True)
    assert found.sizes(spy.metric) == (10, 10)
    reference = subset(data().test, 50, "reference")
    assert np.array_equal(spy.real[0], subset(reference, 10, "metric", "probe"))
    assert numbers(spy.generated[0]) == list(range(8000, 8010))


def test_what_a_metric_kept_of_the_real_side_is_what_it_computes_with():
    spy = probe(keep=lambda real: {"real": real}, value=lambda kept, fake: kept["real"][:, 0].sum())
    reference = subset(data().test, 50, "reference")
    assert measure(spy).values == {"probe": reference[:, 0].sum()}
    assert list(spy.prepared[0]) == ["real"]


def test_training_samples_are_six_for_each_held_out_one_at_most():
    spy = probe(needs.TRAIN_AND_TEST)
    found = evaluator(spy.metric)
    found.measure(FAKE, True)
    train, test = spy.real[0]
    assert found.n_train == len(train) == TRAIN_PER_REAL * 50 == 300
    assert set(numbers(train)) < TRAINED_ON and set(numbers(test)) < HELD_OUT
    assert evaluator(n_real=500).n_train == 400  # all there are


def test_labelled_metrics_read_the_true_labels_of_the_very_samples_they_read():
    """The true labels are three off the predicted ones, which the number of a sample tells."""
    spy = probe(needs.LABELLED, max_samples=20)
    measure(spy, data=data(test_labels=(np.arange(120) + 3) % 10))
    (features, labels), (fakes, predicted) = spy.real[0], spy.generated[0]
    assert labels.tolist() == [(number + 3) % 10 for number in numbers(features)]
    assert predicted.tolist() == [number % 10 for number in numbers(fakes)]
    assert len(labels) == len(predicted) == 20


def test_metrics_of_a_mixture_read_points_and_its_modes():
    spy, mixture = probe(needs.MIXTURE), Mixture(np.eye(2), 0.1)
    images = FAKE.reshape(60, 2, 1)
    evaluator(spy.metric, data=data(mixture=mixture)).measure(images, True)
    assert spy.real == [mixture] and np.array_equal(spy.generated[0], FAKE[:40])


# ---- floors ----


def test_floors_are_training_samples_against_the_held_out_reference():
    spy = probe(value=lambda prepared, fake: float(len(fake)))
    assert evaluator(spy.metric).floors == {"probe": 40.0}
    assert set(numbers(spy.generated[0])) < TRAINED_ON
    for draw, fakes in enumerate(spy.generated):
        assert np.array_equal(fakes, subset(data().train, 40, "floor", draw))
    assert len(spy.generated) == 5 and len(spy.real) == 1
    assert np.array_equal(spy.real[0], subset(data().test, 50, "reference"))


def test_floors_of_metrics_with_max_samples_are_of_as_many():
    spy = probe(max_samples=10)
    assert set(evaluator(spy.metric).floors) == {"probe"}
    assert len(spy.real[0]) == len(spy.generated[0]) == 10


@pytest.mark.parametrize("n_fake", [40, 15])
def test_floors_of_what_compares_with_the_training_set_are_part_of_the_reference(n_fake):
    spy = probe(needs.TRAIN_AND_TEST)
    assert set(evaluator(spy.metric, n_fake=n_fake).floors) == {"probe"}
    (train, half), fake = spy.real[0], spy.generated[0]
    reference = numbers(subset(data().test, 50, "reference"))
    assert len(train) == 300 and set(numbers(train)) < TRAINED_ON
    assert len(fake) == min(25, n_fake) and len(half) == 50 - len(fake)
    assert not set(numbers(half)) & set(numbers(fake))
    assert {*numbers(half), *numbers(fake)} <= set(reference)


def test_what_reads_the_training_itself_has_no_floor():
    pair, curve = probe(needs.PAIR, name="pair"), probe(needs.CURVE, name="curve", reads="fd")
    assert evaluator(pair.metric, curve.metric).floors == {}
    assert pair.generated == curve.generated == []


def test_a_metric_that_real_samples_do_not_allow_has_no_floor_and_the_others_have():
    def refuse(prepared, fake):
        raise ValueError("too few")

    refusing, other = probe(value=refuse, name="refusing"), probe()
    assert evaluator(refusing.metric, other.metric).floors == {"probe": 0.0}


# ---- which metrics ----


def test_metrics_of_the_last_checkpoint_are_measured_there_alone():
    early, late = probe(name="early"), probe(name="late", final_only=True)
    found = evaluator(early.metric, late.metric)
    assert found.measure(FAKE, final=False).values == {"early": 0.0}
    assert late.generated == []
    assert found.measure(FAKE, final=True).values == {"early": 0.0, "late": 0.0}


def test_a_slow_quantity_has_a_curve_where_it_is_ranked_by_or_read():
    first, slow = probe(name="first"), probe(name="slow", final_only=True)
    read, reader = probe(name="read", final_only=True), probe(needs.CURVE, name="c", reads="read")
    found = evaluator(*(p.metric for p in (first, slow, read, reader)))
    assert set(found.measure(FAKE, final=False).values) == {"first", "read"}
    primary = replace(found, metrics=(slow.metric, first.metric))
    assert set(primary.measure(FAKE, final=False).values) == {"slow", "first"}


@pytest.mark.parametrize(("name", "curve"), [("ring2d", ["w1"]), ("digits", [])])
def test_exact_transport_is_measured_on_the_way_where_it_ranks(name, curve):
    spec = registry.datasets.get(name)
    metrics = tuple(registry.metrics.get(m) for m in spec.metrics)
    found = evaluator(*metrics, dataset=spec)
    assert found.measured_at(registry.metrics.get("wasserstein"), final=False) == curve
    assert found.measured_at(registry.metrics.get("wasserstein"), final=True) == ["w1", "w2"]


def test_slow_values_are_calculated_where_they_are_wanted():
    calls = []

    def compute(prepared, fake):
        return {"w1": lambda: calls.append(1) or 1.0, "w2": lambda: calls.append(2) or 2.0}

    slow = replace(registry.metrics.get("wasserstein"), compute=compute)
    found = evaluator(slow, dataset=registry.datasets.get("ring2d"))
    assert found.measure(FAKE, final=False).values == {"w1": 1.0} and calls == [1]
    assert found.measure(FAKE, final=True).values == {"w1": 1.0, "w2": 2.0}


def test_what_reads_the_training_is_measured_by_measure_training_alone():
    pair, curve = probe(needs.PAIR, name="pair"), probe(needs.CURVE, name="curve", reads="fd")
    samples = probe(name="samples")
    found = evaluator(pair.metric, curve.metric, samples.metric)
    assert found.measure(FAKE, final=True).values == {"samples": 0.0}
    one = object()
    measured = found.measure_training(lambda: one, {"fd": [3.0, 2.0], "kd": [9.0]})
    assert measured.values == {"pair": 0.0, "curve": 0.0} and measured.frequencies is None
    assert pair.generated == [one] and curve.generated == [[3.0, 2.0]]
    assert len(samples.generated) == 1


def test_metrics_of_a_pair_are_given_raw_held_out_samples():
    spy = probe(needs.PAIR, max_samples=10)
    images = numbered(TEST, 120).reshape(120, 1, 2)
    evaluator(spy.metric, data=data(test=images)).measure_training(lambda: None, {})
    assert np.array_equal(spy.real[0], subset(images, 10, "pair"))


# ---- reasons ----


@pytest.mark.parametrize("error", [ValueError, RuntimeError])
def test_the_reason_of_what_could_not_be_measured_is_kept_and_the_rest_is_measured(error):
    def refuse(prepared, fake):
        raise error("too few fakes")

    refusing, other = probe(value=refuse, name="refusing", key="refused"), probe()
    measured = measure(refusing, other)
    assert measured.unmeasured == {"refusing": "too few fakes"}
    assert measured.values == {"probe": 0.0}
    pair = probe(needs.PAIR, value=refuse, name="pair")
    found = evaluator(pair.metric).measure_training(lambda: None, {})
    assert found.unmeasured == {"pair": "too few fakes"} and found.values == {}


def test_a_real_side_that_allows_no_value_is_a_reason_too():
    def refuse(real):
        raise ValueError("too few real samples")

    assert measure(probe(keep=refuse)).unmeasured == {"probe": "too few real samples"}


def test_a_fault_of_a_metric_is_named_and_one_of_the_machine_is_no_reason():
    def break_down(prepared, fake):
        raise error

    error = KeyError("a fault of the program")
    assert "KeyError" in measure(probe(value=break_down)).unmeasured["probe"]
    error = OSError("too many open files")
    with pytest.raises(OSError, match="too many open files"):
        measure(probe(value=break_down))


def test_two_measurements_together_keep_values_reasons_and_frequencies():
    one = Measured({"a": 1.0}, {"x": "no x"}, [0.5, 0.5])
    both = one | Measured({"b": 2.0}, {"y": "no y"})
    assert both == Measured({"a": 1.0, "b": 2.0}, {"x": "no x", "y": "no y"}, [0.5, 0.5])


# ---- names ----

INCEPTION = Extractor("inception", "1" * 64, last_digit)


def test_values_floors_and_quantities_have_the_features_own_names():
    spy = probe(key="fd")
    found = evaluator(spy.metric, extractor=INCEPTION, dataset=dataset(primary="fd"))
    named = [found.measure(FAKE, True).values, found.floors, found.quantities(spy.metric)]
    assert [list(names) for names in named] == [["fid"]] * 3
    assert found.quantities(spy.metric)["fid"] is spy.metric.quantities[0]
    plain = evaluator(spy.metric)
    named = [plain.measure(FAKE, True).values, plain.floors, plain.quantities(spy.metric)]
    assert [list(names) for names in named] == [["fd"]] * 3


def test_a_curve_is_found_under_the_features_own_name():
    spy = probe(needs.CURVE, reads="fd")
    found = evaluator(spy.metric, extractor=INCEPTION)
    found.measure_training(lambda: None, {"fid": [5.0, 4.0], "fd": [0.0]})
    assert spy.generated == [[5.0, 4.0]]
    evaluator(spy.metric).measure_training(lambda: None, {"kd": [1.0]})
    assert spy.generated[1] == []  # no such curve


def test_the_primary_quantity_is_that_of_the_data_set_and_the_features():
    metrics = [registry.metrics.get(name) for name in ("wasserstein", "frechet")]
    assert evaluator(*metrics, extractor=INCEPTION).primary == "fid"
    assert evaluator(*metrics, dataset=dataset(primary="w2")).primary == "w2"


# ---- frequencies ----


def test_frequencies_are_those_of_predicted_classes():
    fakes = np.concatenate([numbered(8000, 10)[[3] * 3], numbered(8000, 10)[[7]]])
    assert evaluator().measure(fakes, True).frequencies == [0, 0, 0, 0.75, 0, 0, 0, 0.25, 0, 0]


def test_frequencies_are_those_of_nearest_modes_where_there_are_no_classes():
    mixture = Mixture(np.array([[0.0, 0], [10, 0], [0, 10]]), 0.1)
    plain = replace(INCEPTION, key="none", function=lambda x: replace(last_digit(x), probs=None))
    points_only = dataset(classes=None)
    found = evaluator(dataset=points_only, data=data(mixture=mixture), extractor=plain)
    points = np.array([[1.0, 1], [9, 1], [8, -3], [-1, 0]])
    assert found.measure(points, True).frequencies == [0.5, 0.5, 0.0]
    bare = evaluator(dataset=points_only, extractor=plain)
    assert bare.measure(points, True).frequencies is None
