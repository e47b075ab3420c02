"""Optimistic mirror descent and Optimistic Adam."""

import numpy as np
import pytest

from tests.games._helpers import ADAM, ADAM_STEPS, J, adam, trajectory


def test_optimism_is_extrapolation_from_the_past_seen_at_the_trial_points():
    """Gidel 2019, section 3.2: with plain gradients both make the same points."""
    past, optimistic = trajectory("past-extragradient"), trajectory("optimistic")
    steps = np.vstack([[0, 0], past[:-2] - past[1:-1]])  # u, the memory at each point
    assert past[:-1] - steps == pytest.approx(optimistic[:-1], abs=1e-10)


def test_optimistic_adam():
    """Daskalakis 2018, Algorithm 1, by hand."""
    w, m, v, last = np.ones(2), np.zeros(2), np.zeros(2), np.zeros(2)
    wanted = [w]
    for t in range(ADAM_STEPS):
        moved, m, v = adam(w, -J @ w, m, v, t + 1)
        w, last = w - 2 * (w - moved) + last, w - moved
        wanted.append(w)
    assert np.abs(trajectory("optimistic", ADAM, ADAM_STEPS) - np.array(wanted)).max() <= 1e-10
