"""Lookahead-minmax: k alternating steps, and a part of the way back."""

from dataclasses import replace

import numpy as np
import pytest

from ganbench.core import registry
from ganbench.core.errors import UsageError
from tests.games._helpers import ADAM, BASE, I2, H, linear, trajectory


@pytest.mark.parametrize(("k", "alpha"), [(5, 0.5), (2, 0.3), (7, 1.0)])
@pytest.mark.parametrize("together", [True, False])
def test_every_k_steps_of_the_bilinear_game_are_a_linear_map(k, alpha, together):
    """M by itself, and after k steps I + alpha (M^k - I)."""
    found = trajectory(f"lookahead-{k}", together=together, hyper={"lookahead.alpha": alpha})
    matrix = linear("alternating", H)
    w = slow = np.ones(2)
    for t, here in enumerate(found):
        assert here == pytest.approx(w, abs=1e-10)
        w = matrix @ w
        if (t + 1) % k == 0:
            w = slow = slow + alpha * (w - slow)
    period = I2 + alpha * (np.linalg.matrix_power(matrix, k) - I2)
    assert found[k] == pytest.approx(period @ [1, 1], abs=1e-10)


def test_it_converges_where_alternating_steps_go_round():
    """Chavdarova 2021, section 3: eigenvalues on the circle are drawn inside of it."""
    matrix = linear("alternating", H)
    rate = np.abs(np.linalg.eigvals(I2 + 0.5 * (np.linalg.matrix_power(matrix, 5) - I2))).max()
    assert rate < 0.9 < np.abs(np.linalg.eigvals(matrix)).max()
    found = np.linalg.norm(trajectory("lookahead-5", steps=200)[::5], axis=1)
    assert (found[-1] / found[10]) ** (1 / 30) == pytest.approx(rate, abs=0.02)


def test_alpha_1_is_the_alternating_game_under_adam_too():
    plain = trajectory("alternating", ADAM, 20)
    assert trajectory("lookahead-5", ADAM, 20, hyper={"lookahead.alpha": 1.0}) == pytest.approx(
        plain, abs=1e-12
    )
    assert np.abs(trajectory("lookahead-5", ADAM, 20) - plain).max() > 0.01


def test_k_counts_updates_of_the_generator():
    found = trajectory("lookahead-2", replace(BASE, d_steps=2), steps=2)
    d, g = np.array([[1, 0], [-H, 1]]), np.array([[1, H], [0, 1]])
    ahead = g @ d @ d @ g @ d @ d @ [1, 1]
    assert found[2] == pytest.approx((ahead + [1, 1]) / 2, abs=1e-12)


@pytest.mark.parametrize("k", ["0", "1", "x", "-2", "100000", "05"])
def test_other_numbers_of_steps_are_refused(k):
    with pytest.raises(UsageError, match="K must be a whole number from 2 to 99999"):
        registry.games.get(f"lookahead-{k}")


def test_the_paper_goes_half_of_the_way_back():
    assert registry.games.get("lookahead-5").hyper == {"lookahead.alpha": 0.5}
