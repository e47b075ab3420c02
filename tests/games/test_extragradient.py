"""Extragradient and extrapolation from the past, with constraints and with Adam."""

from dataclasses import replace

import numpy as np
import pytest

from ganbench.methods.constraints import weight_clip
from tests.games._helpers import ADAM, ADAM_STEPS, BASE, H, J, adam, trajectory


def test_the_trial_point_is_clipped_too():
    """Gidel 2019, section 3.1: both points are projected."""
    variant = replace(BASE, constraint=weight_clip(0.5))
    theta = trajectory("extragradient", variant, steps=1)[1, 0]
    assert theta == pytest.approx(1 + H * 0.5, abs=1e-12)  # psi' = clip(1 - h) = 0.5


def test_extra_adam_moves_its_moments_at_the_trial_point():
    """Gidel 2019, Algorithm 4, by hand."""
    w, m, v = np.ones(2), np.zeros(2), np.zeros(2)
    wanted = [w]
    for t in range(ADAM_STEPS):
        trial, m, v = adam(w, -J @ w, m, v, 2 * t + 1)
        w, m, v = adam(w, -J @ trial, m, v, 2 * t + 2)
        wanted.append(w)
    found = trajectory("extragradient", ADAM, ADAM_STEPS)
    assert np.abs(found - np.array(wanted)).max() <= 1e-10


def test_past_extra_adam_counts_each_gradient_once():
    w, m, v, last = np.ones(2), np.zeros(2), np.zeros(2), np.zeros(2)
    wanted = [w]
    for t in range(ADAM_STEPS):
        moved, m, v = adam(w, -J @ (w - last), m, v, t + 1)
        w, last = moved, w - moved
        wanted.append(w)
    found = trajectory("past-extragradient", ADAM, ADAM_STEPS)
    assert np.abs(found - np.array(wanted)).max() <= 1e-10
