"""Classes found, their divergence and entropy."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import entropy

from ganbench.metrics import class_coverage
from tests.metrics._helpers import check_entry

WEIGHTS = [[0.5, 0.5], [1.0, 0.0, 0.0], [0.5, 0.7, -0.2], [0.3] * 3, [math.nan] * 3, [[1 / 3] * 3]]


def test_class_coverage_by_hand():
    found = class_coverage([0, 0, 1, 2], 4)
    assert found["modes"] == 3
    assert found["entropy"] == pytest.approx(1.5 * math.log(2))
    assert found["reverse_kl"] == pytest.approx(math.log(4) - 1.5 * math.log(2))


def test_class_coverage_against_scipy():
    labels = np.random.default_rng(0).integers(0, 6, 200) ** 2 % 7
    p, q = np.bincount(labels, minlength=10) / 200, np.arange(1, 11) / 55
    found = class_coverage(labels, 10, q)
    wanted = {"modes": (p > 0).sum(), "reverse_kl": entropy(p, q), "entropy": entropy(p)}
    assert found == pytest.approx(wanted, rel=1e-12)
    assert class_coverage(torch.from_numpy(labels), 10, q) == found
    assert class_coverage(np.arange(10), 10)["reverse_kl"] == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_bad_weights(weights):
    with pytest.raises(ValueError, match="weights must be 3 positive numbers that sum to 1"):
        class_coverage([0, 1], 3, weights)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 3], "labels run from 0 to 3: 0 to 2"),
        ([-1, 2], "labels run from -1 to 2: 0 to 2"),
        ([], r"labels are float64 of shape \(0,\): integers"),
        ([0.0, 1.0], r"labels are float64 of shape \(2,\): integers"),
        ([[0, 1]], r"labels are int64 of shape \(1, 2\): integers"),
        (["0"], r"labels are <U1 of shape \(1,\): integers"),
        ([True], r"labels are bool of shape \(1,\): integers"),
    ],
)
def test_bad_labels(labels, message):
    with pytest.raises(ValueError, match=message):
        class_coverage(labels, 3)


def test_the_entry_is_the_function(tmp_path):
    labels = np.random.default_rng(0).integers(0, 7, 90)
    check_entry("class-coverage", tmp_path, 10, labels, class_coverage(labels, 10))
