"""The nearest of many points."""

import pytest
import torch

from ganbench.metrics import _nearest
from tests.metrics._helpers import normal


@pytest.mark.parametrize("d", [1, 2, 20])
@pytest.mark.parametrize("shift", [0.0, 1e7])
def test_nearest_against_brute_force(d, shift):
    x, y = normal(50, d, 1) + shift, normal(70, d, 2) + shift
    x[:10], y[60:] = y[:10], y[:10]  # duplicates: the lower index is taken
    squared, index = _nearest.nearest(torch.from_numpy(x), torch.from_numpy(y))
    d2 = ((x[:, None] - y) ** 2).sum(-1)
    assert (index.numpy() == d2.argmin(1)).all()
    assert squared.numpy() == pytest.approx(d2.min(1), rel=1e-13, abs=0)
