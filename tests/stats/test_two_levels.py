"""Seeds and samples as two sources of chance."""

import math

import numpy as np
import pytest

from ganbench.stats import two_levels
from ganbench.stats.aggregate import mean


def drawn(seeds, draws, sd_seeds, sd_samples, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(0, sd_seeds, (seeds, 1)) + rng.normal(0, sd_samples, (seeds, draws))


def test_the_parts_of_the_variance_are_those_that_the_values_were_made_of():
    found = two_levels(drawn(4_000, 4, 3.0, 1.5), draws=100)
    assert found.sd_seeds == pytest.approx(3, rel=0.03)
    assert found.sd_samples == pytest.approx(1.5, rel=0.03)
    assert found.share_of_samples == pytest.approx(1.5**2 / (3**2 + 1.5**2), rel=0.05)


def test_the_parts_are_those_of_an_analysis_of_variance():
    from scipy.stats import f_oneway

    values = drawn(6, 5, 2.0, 1.0)
    found = two_levels(values, draws=100)
    f = f_oneway(*values).statistic  # (within + 5 between) / within
    assert (found.sd_seeds / found.sd_samples) ** 2 == pytest.approx((f - 1) / 5)


def test_models_that_are_all_the_same_differ_by_their_samples_only():
    values = np.tile(np.arange(5.0), (8, 1))
    found = two_levels(values)
    assert found.sd_seeds == 0 and found.share_of_samples == 1
    assert found.sd_samples == pytest.approx(np.arange(5.0).std(ddof=1))


def test_measuring_without_noise_leaves_the_seeds():
    values = np.tile(np.arange(8.0)[:, None], (1, 3))
    found = two_levels(values)
    assert found.over_samples == (found.value, found.value) and found.share_of_samples == 0
    assert found.over_seeds[0] < found.value < found.over_seeds[1]


def test_the_interval_over_samples_holds_another_measurement_as_often_as_it_says():
    """The same 7 models measured once more: the mean of one draw of each."""
    rng, hits, trials = np.random.default_rng(1), 0, 400
    for trial in range(trials):
        models = rng.normal(0, 3, (7, 1))
        found = two_levels(models + rng.normal(0, 1, (7, 20)), mean, draws=400, seed=trial)
        again = (models + rng.normal(0, 1, (7, 1))).mean()
        hits += found.over_samples[0] <= again <= found.over_samples[1]
    assert 0.91 <= hits / trials <= 0.98


def test_what_has_no_two_levels_is_refused():
    for shape in ((5,), (5, 1), (0, 3), (2, 2, 2)):
        with pytest.raises(ValueError, match="2 draws or more"):
            two_levels(np.zeros(shape))
    assert math.isnan(two_levels(np.array([[1.0, 2.0]])).sd_seeds)  # one seed
