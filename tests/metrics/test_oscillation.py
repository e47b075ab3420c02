"""Oscillation of a curve."""

import math

import numpy as np
import pytest
import torch

from ganbench.metrics import oscillation
from tests.metrics._helpers import check_entry, normal


def test_oscillation_by_hand():
    assert oscillation([9, 9, 9, 1, math.e]) == pytest.approx(1)  # the last two of five
    assert oscillation([9] * 6 + [1, 2]) == pytest.approx(math.log(2))
    assert oscillation([9] * 7 + [1, 2, 1]) == pytest.approx(math.log(2))  # three of ten
    assert oscillation([9] * 9 + [4, 2, 4]) == pytest.approx(math.log(2))
    assert oscillation([5.0] * 20) == 0


def test_oscillation_of_a_geometric_fall_is_its_rate():
    assert oscillation(0.9 ** np.arange(40)) == pytest.approx(-math.log(0.9), rel=1e-12)


def test_oscillation_knows_no_scale_power_direction_or_early_values():
    v = np.exp(normal(1, 40)[0])
    wanted = oscillation(v)
    assert oscillation(1e3 * v) == pytest.approx(wanted, rel=1e-12)
    assert oscillation(1 / v) == pytest.approx(wanted, rel=1e-12)
    assert oscillation(v**2) == pytest.approx(2 * wanted, rel=1e-12)
    assert oscillation(np.concatenate([v[:30], v[30:][::-1]])) == pytest.approx(wanted, rel=1e-12)
    assert oscillation(np.concatenate([v[:30][::-1] + 1, v[30:]])) == wanted
    assert oscillation(torch.from_numpy(v)) == oscillation(v.tolist()) == wanted


@pytest.mark.parametrize("n", range(5, 26))
def test_oscillation_against_plain_python(n):
    v = np.exp(normal(1, n, n)[0]).tolist()
    last = v[-((n + 3) // 4) :]
    steps = [abs(math.log(b / a)) for a, b in zip(last[:-1], last[1:], strict=True)]
    assert oscillation(v) == pytest.approx(sum(steps) / len(steps), rel=1e-12)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0] * 4, "values has 4 checkpoints: at least 5 needed"),
        ([], "values has 0 checkpoints: at least 5 needed"),
        ([1, 2, 0, -1, 5], "values holds 2 values that are not positive and finite"),
        ([1, 2, 3, 4, math.nan], "values holds 1 values that are not positive and finite"),
        ([1, math.inf, 3, 4, 5], "values holds 1 values that are not positive and finite"),
        ([[1.0] * 8], r"values has shape \(1, 8\): \[N\] needed"),
    ],
)
def test_oscillation_of_bad_curves(values, message):
    with pytest.raises(ValueError, match=message):
        oscillation(values)


def test_the_entry_is_the_function(tmp_path):
    curve = [9.0, 7, 5, 6, 4, 5]
    check_entry("oscillation", tmp_path, None, curve, {"oscillation": oscillation(curve)})
