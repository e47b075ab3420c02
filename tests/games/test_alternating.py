"""Alternating gradient descent keeps an ellipse."""

import pytest

from tests.games._helpers import H, trajectory


def test_alternating_stays_on_its_ellipse():
    found = trajectory("alternating", steps=200)
    theta, psi = found.T
    kept = theta**2 + psi**2 - H * theta * psi
    assert kept == pytest.approx(kept[0], abs=1e-10)
