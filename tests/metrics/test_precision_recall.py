"""Precision and recall: sides, ties, bounds on k."""

import math

import numpy as np
import pytest

from ganbench.core import registry
from ganbench.metrics import density_coverage, precision_recall
from tests.metrics._helpers import brute, check_entry, column, normal, two

GOOD = normal(5, 2)


def test_precision_is_the_recall_of_the_other_side():
    x, y = two()
    one, other = precision_recall(x, y), precision_recall(y, x)
    assert (one["precision"], one["recall"]) == (other["recall"], other["precision"])
    assert one["precision"] != one["recall"]


def test_ties_are_exact_whatever_the_mean():
    # k = 1, real balls [-1, 1], [0, 2], [1, 7]: -1 is on the edge of the first
    assert precision_recall(column(0, 1, 4), column(-6, -1), 1)["precision"] == 0.5


@pytest.mark.parametrize("metric", [precision_recall, density_coverage])
@pytest.mark.parametrize(
    ("k", "message"),
    [
        (5, "k is 5: at most 4 allowed"),
        (99, "k is 99: at most 4 allowed"),
        (0, "k is 0: an integer of at least 1"),
        (-3, "k is -3: an integer of at least 1"),
        (2.5, "k is 2.5: an integer"),
        (True, "k is True: an integer"),
    ],
)
def test_bad_k(metric, k, message):
    with pytest.raises(ValueError, match=message):
        metric(GOOD, np.vstack([GOOD, GOOD]), k)


def test_k_is_limited_by_the_fakes_of_recall_alone():
    real, fake = normal(9, 2, 1), normal(4, 2, 2)
    with pytest.raises(ValueError, match="k is 4: at most 3 allowed"):
        precision_recall(real, fake, 4)
    assert list(precision_recall(real, fake, 3).values()) == brute(real, fake, 3)[:2]
    assert list(density_coverage(real, fake, 3).values()) == brute(real, fake, 3)[2:]
    assert density_coverage(real, fake, 8)["coverage"] == 1


@pytest.mark.parametrize("k", [math.nan, math.inf, "a", None])
def test_k_that_is_no_number(k):
    with pytest.raises(ValueError, match="k is"):
        precision_recall(GOOD, GOOD, k)


def test_the_entry_is_the_function(tmp_path):
    x, y = two()
    check_entry("precision-recall", tmp_path, x, y, precision_recall(x, y, 3))


def test_the_entry_refuses_a_bad_k():
    metric, (x, y) = registry.metrics.get("precision-recall"), two()
    with pytest.raises(ValueError, match="k is 60: at most 59 allowed"):
        metric.prepare(x, k=60)
    with pytest.raises(ValueError, match="k is 0: an integer of at least 1"):
        metric.compute(metric.prepare(x, k=3), y, k=0)
