"""What every registered metric keeps to, whatever it reads."""

import inspect
import math

import numpy as np
import pytest
import torch

from ganbench.core import registry
from ganbench.core.kinds import Extracted, GeneratedSide, Mixture, RealSide
from ganbench.core.kinds.metric import shortfall
from ganbench.evaluation.measure import prepare, value
from tests.metrics._helpers import blobs, game, linear, normal
from tests.metrics._known import KNOWN

N, CLASSES, D = 300, 3, 3
METRICS = {metric.name: metric for metric in registry.metrics.items()}
OF_SAMPLES = [name for name, metric in METRICS.items() if not metric.needs.of_training]
OF_VECTORS = [n for n in OF_SAMPLES if METRICS[n].needs.inputs & {"features", "mixture"}]
MIXTURE = Mixture(5 * np.eye(D), 0.5)


def sharp(labels):
    """Return probabilities of a classifier that is nearly sure."""
    return 0.97 * np.eye(CLASSES)[labels] + 0.01


def known(metric):
    """Return the case of what the metric reads of ``Data.known``; None if nothing."""
    return KNOWN[metric.needs.known] if metric and metric.needs.known else None


def real_side(metric=None):
    case = known(metric)
    (test, labels), (train, _) = blobs(N, 1, CLASSES, D), blobs(N, 2, CLASSES, D)
    return RealSide(
        test=lambda: Extracted(test, sharp(labels)),
        train=lambda: Extracted(train),
        samples=lambda: case.real if case else test,
        labels=labels,
        classes=CLASSES,
        mixture=MIXTURE,
        known={metric.needs.known: case.arrays} if case else {},
    )


def good(metric=None):
    """Return a generator that is as good as the truth, at a point that attracts."""
    case = known(metric)
    fake, labels = blobs(N, 3, CLASSES, D)
    points = MIXTURE.centers[labels] + 0.1 * normal(N, D, 4)
    across = torch.tensor([0.0, 0.1], dtype=torch.float64)
    return GeneratedSide(
        extracted=lambda: Extracted(fake, sharp(labels)),
        samples=lambda: case.good if case else points,
        # the field goes to the end point, but for a part across the path
        pair=lambda: game(lambda w: -w + across, [5.0, 0.0], [0.0, 0.0]),
        curve=lambda quantity: [3.0, 2, 1, 1, 1, 1, 1, 1],
    )


def poor(metric=None):
    """Return a generator far from the truth, of one class, at a point that repels and turns."""
    case = known(metric)
    far = 9 + 0.1 * normal(N, D)
    one = np.zeros(N, int)
    turn = linear([[0.1, -1], [1, 0.1]])
    along = torch.tensor([0.01, 0.0], dtype=torch.float64)
    return GeneratedSide(
        extracted=lambda: Extracted(far, sharp(one)),
        samples=lambda: case.poor if case else far,
        # the field goes along the path at the end point, and across it on both sides
        pair=lambda: game(lambda w: turn(w) - along, [5.0, 0.0], [0.0, 0.0], gain=1.0),
        curve=lambda quantity: [1.0, 3, 1, 3, 1, 3, 1, 3],
    )


def copies():
    """Return a generator that repeats the training set."""
    train = real_side().train()
    return GeneratedSide(extracted=lambda: train)


def repeated():
    """Return a generator of twenty samples that are as good as the truth, again and again."""
    few = good().extracted()
    return GeneratedSide(
        extracted=lambda: Extracted(
            np.tile(few.features[:20], (N // 20, 1)), np.tile(few.probs[:20], (N // 20, 1))
        )
    )


def worse_than_good(metric, quantity):
    """Return a generator that the quantity should see to be poor, by its controls."""
    seen = set(quantity.controls)
    if not seen or seen & {"drop", "noise"}:
        return poor(metric)
    return copies() if "copy" in seen else repeated()


def measured(metric, generated):
    return value(metric, prepare(metric, real_side(metric)), generated)


@pytest.mark.parametrize("subject", METRICS)
def test_values_are_finite_floats_under_the_keys_of_the_quantities(subject):
    metric = METRICS[subject]
    found = measured(metric, good(metric))
    assert list(found) == [quantity.key for quantity in metric.quantities]
    assert all(type(number) is float and math.isfinite(number) for number in found.values())


@pytest.mark.parametrize("subject", METRICS)
def test_a_measurement_repeats_to_the_last_bit(subject):
    metric = METRICS[subject]
    assert measured(metric, good(metric)) == measured(metric, good(metric))


@pytest.mark.parametrize("subject", METRICS)
def test_what_is_kept_of_the_real_side_is_arrays_of_a_file(subject, tmp_path):
    metric = METRICS[subject]
    prepared = prepare(metric, real_side(metric))
    np.savez(tmp_path / "kept.npz", allow_pickle=False, **prepared)
    with np.load(tmp_path / "kept.npz", allow_pickle=False) as file:
        kept = dict(file)
    assert value(metric, kept, good(metric)) == value(metric, prepared, good(metric))


@pytest.mark.parametrize("subject", METRICS)
def test_prepare_and_compute_take_the_registered_parameters_and_no_others(subject):
    metric = METRICS[subject]
    assert list(inspect.signature(metric.prepare).parameters)[1:] == list(metric.params)
    assert list(inspect.signature(metric.compute).parameters)[2:] == list(metric.params)


@pytest.mark.parametrize("subject", METRICS)
def test_defaults_of_compute_are_the_registered_parameters(subject):
    metric = METRICS[subject]
    signature = inspect.signature(metric.compute).parameters
    for name, number in metric.params.items():
        assert signature[name].default in (number, inspect.Parameter.empty), name


@pytest.mark.parametrize("subject", METRICS)
def test_every_quantity_is_better_for_a_good_generator_than_for_a_poor_one(subject):
    """The poor one is one that the quantity's controls say it should see."""
    metric = METRICS[subject]
    best = measured(metric, good(metric))
    for quantity in metric.quantities:
        worse = measured(metric, worse_than_good(metric, quantity))
        sign = 1 if quantity.higher_is_better else -1
        assert sign * best[quantity.key] > sign * worse[quantity.key], quantity.key


def far_from_all_data():
    """Return a generator that has learned nothing."""
    far = 40 + 0.1 * normal(N, D)
    labels = np.arange(N) % CLASSES
    return GeneratedSide(extracted=lambda: Extracted(far, sharp(labels)))


@pytest.mark.parametrize("key", ["authenticity", "memorisation"])
def test_what_is_best_at_its_floor_is_worse_for_copies_and_for_what_is_far(key):
    """An untrained generator was first where higher is better: C_T +33, all of it authentic."""
    metric = METRICS[key]
    (quantity,) = metric.quantities
    (held_out, _), (fresh, _) = blobs(N, 5, CLASSES, D), blobs(N, 3, CLASSES, D)
    floor = measured(metric, GeneratedSide(extracted=lambda: Extracted(held_out)))[key]
    cost = [
        shortfall(measured(metric, side)[key], floor, quantity.target)
        for side in (
            GeneratedSide(extracted=lambda: Extracted(fresh)),
            copies(),
            far_from_all_data(),
        )
    ]
    assert cost[0] < cost[1] and cost[0] < cost[2]
    assert shortfall(quantity.worst, floor, quantity.target) == math.inf


def test_shortfall_is_lower_where_a_value_is_better():
    values = np.array([0.5, 1.0, 1.4, math.inf])
    assert shortfall(values, 1.0, "floor").tolist() == pytest.approx([0.5, 0.0, 0.4, math.inf])
    assert shortfall(values, 1.0, "lower") is values
    assert shortfall(values, 1.0, "higher").tolist() == [-0.5, -1.0, -1.4, -math.inf]
    targets = {q.key: q.target for metric in METRICS.values() for q in metric.quantities}
    assert {targets[k] for k in ("authenticity", "memorisation", "density")} == {"floor"}
    assert (targets["fd"], targets["coverage"]) == ("lower", "higher")


@pytest.mark.parametrize("subject", METRICS)
def test_no_value_is_below_the_least_of_a_quantity(subject):
    metric = METRICS[subject]
    for quantity in metric.quantities:
        if quantity.higher_is_better:
            for generated in (good(metric), poor(metric)):
                assert measured(metric, generated)[quantity.key] >= quantity.least


@pytest.mark.parametrize("subject", OF_VECTORS)
def test_other_numbers_of_features_are_refused(subject):
    metric = METRICS[subject]
    labels = np.arange(N) % CLASSES
    other = Extracted(normal(N, 2), sharp(labels))
    generated = GeneratedSide(extracted=lambda: other, samples=lambda: other.features)
    side = "train" if metric.needs.train else "test" if "probs" in metric.needs.inputs else "real"
    message = f"{side} has 3 features and fake 2: not comparable"
    if "mixture" in metric.needs.inputs:
        message = "samples have 2 features and centers 3"
    with pytest.raises(ValueError, match=message):
        measured(metric, generated)


def test_every_known_thing_has_a_case():
    assert {metric.needs.known for metric in METRICS.values()} - {""} == set(KNOWN)


def test_quantities_that_two_metrics_share_differ_in_what_they_read():
    """Only one of the two is measured: on mixtures, or on classes."""
    seen = {}
    for metric in METRICS.values():
        for quantity in metric.quantities:
            for other in seen.setdefault(quantity.key, []):
                assert not other.needs.inputs & metric.needs.inputs, quantity.key
            seen[quantity.key].append(metric)
