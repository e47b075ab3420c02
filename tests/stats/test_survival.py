"""Time to a threshold, where some seeds never reach it."""

import math
import warnings

import numpy as np
import pytest
from scipy.stats import CensoredData, ecdf

from ganbench.stats.survival import median_time, time_to


def drawn(seed, n=30):
    rng = np.random.default_rng(seed)
    times = np.ceil(rng.exponential(5, n))  # with ties
    return times, rng.random(n) < 0.7


@pytest.mark.parametrize("seed", range(5))
def test_the_share_and_its_interval_are_those_of_scipy(seed):
    times, reached = drawn(seed)
    found = time_to(times, reached)
    fitted = ecdf(CensoredData(uncensored=times[reached], right=times[~reached]))
    events = np.isin(fitted.sf.quantiles, found.times)
    assert found.times.tolist() == fitted.sf.quantiles[events].tolist()
    assert found.share == pytest.approx(1 - fitted.sf.probabilities[events])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # no interval once all have reached it
        ends = fitted.sf.confidence_interval(method="log-log")
    assert found.low == pytest.approx(1 - ends.high.probabilities[events], nan_ok=True)
    assert found.high == pytest.approx(1 - ends.low.probabilities[events], nan_ok=True)


def test_by_hand():
    found = time_to([1, 2, 2, 3, 4], np.array([1, 1, 0, 0, 1], bool))
    # 4/5 are left after 1; 3/4 of these after 2; at 4 the last one reaches it
    assert found.times.tolist() == [1, 2, 4]
    assert found.share == pytest.approx([0.2, 0.4, 1.0])
    assert math.isnan(found.low[-1])
    assert median_time([1, 2, 2, 3, 4], np.array([1, 1, 0, 0, 1], bool)) == 4


def test_without_censoring_it_is_the_share_of_seeds():
    times = np.array([3.0, 1.0, 2.0, 2.0])
    assert time_to(times, np.ones(4, bool)).share == pytest.approx([0.25, 0.75, 1.0])
    assert median_time(times, np.ones(4, bool)) == 2


def test_what_nobody_or_few_reach_takes_for_ever():
    assert median_time([5, 5, 5], np.zeros(3, bool)) == math.inf
    assert median_time([1, 5, 5], np.array([True, False, False])) == math.inf
    assert time_to([5.0], np.zeros(1, bool)).times.size == 0


def test_bad_times():
    for times in ([], [1, math.inf]):
        with pytest.raises(ValueError, match="times: at least 1 needed, all of them finite"):
            time_to(times, np.ones(len(times), bool))
