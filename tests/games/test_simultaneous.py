"""Simultaneous gradient descent: both players move from one point."""

import numpy as np
import pytest

from tests.games._helpers import ADAM, ADAM_STEPS, J, adam, trajectory


def test_simultaneous_adam_looks_at_the_point_before_both_steps():
    w, m, v = np.ones(2), np.zeros(2), np.zeros(2)
    wanted = [w]
    for t in range(ADAM_STEPS):
        w, m, v = adam(w, -J @ w, m, v, t + 1)
        wanted.append(w)
    found = trajectory("simultaneous", ADAM, ADAM_STEPS)
    assert found == pytest.approx(np.array(wanted), abs=1e-10)
