"""What functions of two sets of samples refuse, and how they say it."""

import math

import numpy as np
import pytest

from ganbench.metrics import (
    clipped_density_coverage,
    density_coverage,
    frechet_distance,
    frechet_infinity,
    ken,
    kernel_distance,
    mind,
    ndb,
    precision_recall,
    rke,
    sinkhorn_divergence,
    sliced_wasserstein,
    vendi_score,
    wasserstein,
)
from tests.metrics._helpers import BAD, normal, over, over_bad, two

GOOD = normal(5, 2)

SIDED = {
    "fd": frechet_distance,
    "w1": lambda x, y: wasserstein(x, y, 1),
    "w2": lambda x, y: wasserstein(x, y, 2),
    "sliced": lambda x, y: sliced_wasserstein(x, y, 50),
    "pr": precision_recall,
    "dc": density_coverage,
    "clipped": clipped_density_coverage,
    "mind": mind,
    "ken": lambda x, y: ken(x, y, 1.0),
}

OTHERS = {
    "fd_inf": lambda x, y: frechet_infinity(x, y, 5),
    "kd": kernel_distance,
    "ndb": lambda x, y: ndb(x, y, 8),
    "sinkhorn": sinkhorn_divergence,
    "vendi": lambda x, y: vendi_score(y),
    "rke": lambda x, y: rke(y, 1.0),
}
OF_FAKES = [OTHERS["vendi"], OTHERS["rke"]]  # they read no real side


@over(SIDED)
@over_bad
def test_bad_samples(metric, bad):
    value, message = BAD[bad]
    with pytest.raises(ValueError, match=f"^real {message}"):
        metric(value, GOOD)
    with pytest.raises(ValueError, match=f"^fake {message}"):
        metric(np.vstack([GOOD, GOOD]), value)


@over(SIDED)
def test_other_numbers_of_features(metric):
    with pytest.raises(ValueError, match="real has 3 features and fake 2: not comparable"):
        metric(normal(8, 3), normal(8, 2))


@pytest.mark.parametrize(
    "metric", [frechet_distance, precision_recall, density_coverage, clipped_density_coverage]
)
def test_one_sample_is_too_few(metric):
    with pytest.raises(ValueError, match="real has 1 samples: at least 2 needed"):
        metric(GOOD[:1], GOOD)
    with pytest.raises(ValueError, match="fake has 1 samples: at least 2 needed"):
        metric(np.vstack([GOOD, GOOD]), GOOD[:1])


@over(OTHERS)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_values_that_are_not_finite(metric, bad):
    x, y = two()
    y[3, 1] = bad
    with pytest.raises(ValueError, match="(fake|x) holds 1 values that are NaN or infinite"):
        metric(x, y)
    if metric not in OF_FAKES:
        with pytest.raises(ValueError, match="real holds 1 values that are NaN or infinite"):
            metric(y, x)
        with pytest.raises(ValueError, match="real has 3 features and fake 2: not comparable"):
            metric(x, x[:, :2])
    with pytest.raises(ValueError, match="has 0 samples"):
        metric(x, x[:0])
