"""One measurement: parameters, sizes, subsets, rows, features in batches."""

from dataclasses import replace

import numpy as np
import pytest

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Extracted, Extractor, GeneratedSide, RealSide, needs
from ganbench.evaluation.measure import (
    cut_real,
    extract,
    first_rows,
    of_samples,
    picked_rows,
    prepare,
    sizes,
    subset,
    value,
)
from tests.evaluation._helpers import last_digit, numbered, numbers, probe

SAMPLES = numbered(0, 60)
EXTRACTED = last_digit(SAMPLES)


def real_side(**known):
    given = {"test": lambda: EXTRACTED, "labels": np.arange(60) % 10}
    return RealSide(**given | known)


# ---- prepare and value ----


def test_both_sides_are_given_with_the_metrics_own_parameters():
    seen = []
    metric = probe(params={"k": 7}).metric

    def spy(function):
        return lambda *given, **params: seen.append((given, params)) or function(*given, **params)

    metric = replace(metric, prepare=spy(metric.prepare), compute=spy(metric.compute))
    prepared = prepare(metric, real_side())
    value(metric, prepared, GeneratedSide(extracted=lambda: EXTRACTED))
    (real, first), (generated, second) = seen
    assert first == second == {"k": 7}
    assert real[0] is generated[1] is EXTRACTED.features and generated[0] is prepared


def test_a_curve_is_the_one_that_the_metric_reads():
    watched = probe(needs.CURVE, reads="kd")
    curves = {"fd": [1.0], "kd": [2.0, 3.0]}
    value(watched.metric, {}, GeneratedSide(curve=curves.__getitem__))
    assert watched.generated == [[2.0, 3.0]]


# ---- sizes and subsets ----


@pytest.mark.parametrize(
    ("most", "wanted"),
    [(None, (50, 40)), (45, (45, 40)), (10, (10, 10)), (40, (40, 40)), (99, (50, 40))],
)
def test_a_metric_reads_no_more_of_either_side_than_its_max_samples(most, wanted):
    assert sizes(probe(max_samples=most).metric, 50, 40) == wanted


@pytest.mark.parametrize(("most", "wanted"), [(None, 40), (99, 40), (10, 10)])
def test_a_metric_of_equal_counts_reads_the_smaller_one_of_both_sides(most, wanted):
    metric = probe(max_samples=most, equal_counts=True).metric
    assert sizes(metric, 50, 40) == sizes(metric, 40, 50) == (wanted, wanted)


def test_a_subset_is_permuted_without_repeats_and_its_stream_decides():
    found = subset(SAMPLES, 20, "a", 1)
    assert len(found) == 20 == len(set(numbers(found)))
    assert numbers(found) != sorted(numbers(found))
    assert np.array_equal(found, subset(SAMPLES, 20, "a", 1))
    assert not np.array_equal(found, subset(SAMPLES, 20, "a", 2))
    assert not np.array_equal(found, subset(SAMPLES, 20, "b", 1))


def test_the_first_rows_of_a_subset_are_random_ones():
    """Also of a subset of all, and of samples in order of class."""
    for n in (40, 60, 99):
        found = subset(SAMPLES, n, "a")
        assert len(set(numbers(found))) == min(n, 60)
        assert max(numbers(found)[:10]) > 30 > min(numbers(found)[:10])


def test_a_cut_real_side_keeps_its_labels_beside_their_samples():
    whole = real_side(train=lambda: EXTRACTED, classes=10)
    cut = cut_real(whole, 25, "score real", 3)
    assert len(cut.test()) == len(cut.labels) == 25
    assert cut.labels.tolist() == [number % 10 for number in numbers(cut.test().features)]
    assert np.array_equal(cut.test().labels, cut.labels)  # the probabilities are cut too
    assert numbers(cut.test().features) == numbers(subset(SAMPLES, 25, "score real", 3))
    assert cut.train() is EXTRACTED and cut.classes == 10


def test_a_real_side_that_is_small_enough_is_not_cut():
    whole = real_side()
    assert cut_real(whole, 60, "a") is whole and cut_real(whole, 61, "a") is whole
    assert cut_real(real_side(labels=None), 5, "a").labels is None


def test_first_rows_are_the_first_of_samples_and_of_features():
    first = first_rows(of_samples(SAMPLES, EXTRACTED), 7)
    assert numbers(first.samples()) == numbers(first.extracted().features) == list(range(7))
    assert len(first.extracted().probs) == 7


def test_picked_rows_are_those_of_the_stream():
    found = picked_rows(EXTRACTED, 7, "score fake", 0)
    assert numbers(found.features) == numbers(subset(SAMPLES, 7, "score fake", 0))
    assert found.labels.tolist() == [number % 10 for number in numbers(found.features)]
    assert picked_rows(EXTRACTED, 60, "score fake", 0) is EXTRACTED


# ---- features ----


@pytest.mark.parametrize("batch", [1, 7, 59, 60, 61])
def test_features_of_batches_are_those_of_the_whole_in_order(batch):
    sizes_seen, done = [], []

    def function(samples):
        sizes_seen.append(len(samples))
        return last_digit(samples)

    found = extract(Extractor("none", "", function, batch=batch), SAMPLES, done.append)
    assert np.array_equal(found.features, EXTRACTED.features)
    assert np.array_equal(found.probs, EXTRACTED.probs)
    assert max(sizes_seen) <= batch and sum(sizes_seen) == 60
    assert done == sorted(done) and done[-1] == 60 and len(done) == len(sizes_seen)


def test_features_without_probabilities_stay_without():
    plain = Extractor("none", "", lambda samples: Extracted(samples), batch=16)
    assert extract(plain, SAMPLES).probs is None


def test_features_of_no_samples_are_refused():
    with pytest.raises(UsageError, match="there are no samples"):
        extract(Extractor("none", "", last_digit), SAMPLES[:0])


def test_a_metric_that_returns_what_it_does_not_declare_is_named():
    wrong = replace(registry.metrics.get("vendi"), compute=lambda prepared, fake, q: {"vendy": 1})
    generated = of_samples(None, Extracted(np.ones((3, 2))))
    with pytest.raises(ValueError, match="metric vendi returned vendy, and declares vendi"):
        value(wrong, {}, generated)
