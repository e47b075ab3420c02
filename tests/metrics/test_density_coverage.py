"""Density and coverage."""

import math

import numpy as np
import pytest

from ganbench.core import registry
from ganbench.metrics import density_coverage
from tests.metrics._helpers import check_entry, knn, normal, two


def test_density_and_coverage_of_a_perfect_generator():
    """Naeem et al. 2020, section 4: their expectations need nothing of the distribution."""
    n, m, k = 40, 30, 5
    found = [knn(normal(n, 2, 2 * s), normal(m, 2, 2 * s + 1), k)[2:] for s in range(150)]
    coverage = 1 - math.prod((n - i) / (n + m - i) for i in range(1, k + 1))
    error = np.std(found, axis=0) / math.sqrt(len(found))
    assert (np.abs(np.mean(found, 0) - [1, coverage]) < 4 * error).all()
    assert (error < 0.02).all()


def test_the_entry_is_the_function(tmp_path):
    x, y = two()
    check_entry("density-coverage", tmp_path, x, y, density_coverage(x, y, 5))


def test_the_entry_refuses_a_bad_k():
    metric, (x, y) = registry.metrics.get("density-coverage"), two()
    with pytest.raises(ValueError, match="k is 60: at most 59 allowed"):
        metric.prepare(x, k=60)
    with pytest.raises(ValueError, match="k is 0: an integer of at least 1"):
        metric.compute(metric.prepare(x, k=3), y, k=0)
