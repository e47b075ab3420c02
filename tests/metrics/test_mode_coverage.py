"""Modes, samples of high quality and divergence on known mixtures."""

import math

import numpy as np
import pytest
from scipy.stats import chi

from ganbench.core.kinds import Mixture
from ganbench.metrics import mode_coverage
from tests.metrics._helpers import BAD, check_entry, column, normal, over_bad, two

GOOD = normal(5, 2)
WEIGHTS = [[0.5, 0.5], [1.0, 0.0, 0.0], [0.5, 0.7, -0.2], [0.3] * 3, [math.nan] * 3, [[1 / 3] * 3]]


def test_mode_coverage_by_hand():
    centers = column(0, 10, 20, 30)
    found = mode_coverage(column(0, -1, 3, 13.5, 20), centers, 1.0)
    # 3 is exactly at three deviations; 13.5 belongs to the mode at 10 and is too far
    wanted = 0.6 * math.log(0.6 * 4) + 2 * 0.2 * math.log(0.2 * 4)
    assert found == {"modes": 2, "hq": 0.8, "reverse_kl": pytest.approx(wanted, rel=1e-12)}


@pytest.mark.parametrize("m", range(1, 9))
def test_m_of_eight_modes(m):
    angle = np.arange(8) * math.pi / 4
    centers = 2 * np.stack([np.cos(angle), np.sin(angle)], 1)
    found = mode_coverage(np.repeat(centers[:m], 5, 0), centers, 0.02)
    assert found == {"modes": m, "hq": 1, "reverse_kl": pytest.approx(math.log(8 / m), abs=1e-12)}


def test_mode_weights():
    weights = [0.5, 0.25, 0.25]
    found = mode_coverage(column(0, 0, 5, 9), column(0, 5, 9), 0.1, weights)
    assert found["reverse_kl"] == pytest.approx(0, abs=1e-15)
    found = mode_coverage(column(5, 5, 5), column(0, 5, 9), 0.1, weights)
    assert found["reverse_kl"] == pytest.approx(math.log(4))


@pytest.mark.parametrize(("d", "wanted"), [(2, 1 - math.exp(-4.5)), (3, chi.cdf(3, 3))])
def test_hq_of_a_perfect_sampler(d, wanted):
    n, rng = 40_000, np.random.default_rng(0)
    centers = 10 * np.eye(d)
    found = mode_coverage(centers[rng.integers(d, size=n)] + 0.1 * normal(n, d), centers, 0.1)
    assert found["modes"] == d
    assert found["hq"] == pytest.approx(wanted, abs=4 * math.sqrt(wanted * (1 - wanted) / n))
    assert 0 <= found["reverse_kl"] < 10 / n


def test_far_samples_cover_no_mode():
    assert mode_coverage(column(50), column(0, 1), 1.0)["modes"] == 0


@pytest.mark.parametrize("std", [0, 0.0, -1.0, math.nan])
def test_bad_std(std):
    with pytest.raises(ValueError, match=f"std is {std!r}: a positive number needed"):
        mode_coverage(GOOD, GOOD, std)


def test_infinite_std():
    with pytest.raises(ValueError, match="std is inf"):
        mode_coverage(GOOD, GOOD, math.inf)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_bad_weights(weights):
    with pytest.raises(ValueError, match="weights must be 3 positive numbers that sum to 1"):
        mode_coverage(GOOD, GOOD[:3], 1.0, weights)


@over_bad
def test_bad_samples_of_modes(bad):
    value, message = BAD[bad]
    with pytest.raises(ValueError, match=f"^samples {message}"):
        mode_coverage(value, GOOD, 1.0)
    with pytest.raises(ValueError, match=f"^centers {message}"):
        mode_coverage(GOOD, value, 1.0)


def test_modes_in_another_space():
    with pytest.raises(ValueError, match="samples have 2 features and centers 3"):
        mode_coverage(GOOD, normal(4, 3), 1.0)


def test_the_entry_is_the_function(tmp_path):
    mixture, y = Mixture(2 * normal(4, 3), 0.5), two()[1]
    wanted = mode_coverage(y, mixture.centers, mixture.std)
    check_entry("mode-coverage", tmp_path, mixture, y, wanted)


def test_the_entry_reads_the_mixtures_own_radius(tmp_path):
    mixture, y = Mixture(2 * normal(4, 3), 0.5, radius=1.5), two()[1]
    wanted = mode_coverage(y, mixture.centers, mixture.std, radius=1.5)
    assert wanted["hq"] < mode_coverage(y, mixture.centers, mixture.std)["hq"]
    check_entry("mode-coverage", tmp_path, mixture, y, wanted)
