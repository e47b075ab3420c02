"""The unrolled game: its depth, and the gradient through the inner optimiser."""

from dataclasses import replace

import numpy as np
import pytest

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.methods.optimisers import SGD, Adam, RMSprop
from tests.games._helpers import BASE, H, adam, trajectory


@pytest.mark.parametrize("optim", [Adam(0.01, (0.5, 0.9)), RMSprop(0.01)], ids=["adam", "rmsprop"])
def test_the_gradient_through_the_unrolled_optimiser(optim):
    """One step of G by plain gradient: its gradient against differences of the unrolled loss."""
    variant = replace(BASE, optim=SGD(1.0), optim_d=optim)

    def loss(theta, psi=1.0, k=3):
        m, v = 0.0, 0.0
        for t in range(1, k + 1):
            if optim.hyper().keys() >= {"beta1"}:
                psi, m, v = adam(psi, theta, m, v, t)
            else:
                v = 0.99 * v + 0.01 * theta**2
                psi -= 0.01 * theta / (np.sqrt(v) + 1e-8)
        return -psi * theta

    slope = (loss(1 + 1e-6) - loss(1 - 1e-6)) / 2e-6
    found = trajectory("unrolled-3", variant, steps=1)
    assert found[1, 0] == pytest.approx(1 - slope, abs=1e-8)


@pytest.mark.parametrize("k", [1, 2, 5, 10, 99])
def test_any_depth_can_be_unrolled(k):
    game = f"unrolled-{k}"
    assert registry.games.get(game).name == game
    theta = trajectory(game, steps=1)[1, 0]
    assert theta == pytest.approx(1 + H - 2 * k * H**2, abs=1e-12)


@pytest.mark.parametrize("k", ["0", "", "100", "-1", "1.5", "05", "five"])
def test_no_other_depth_can_be_asked_for(k):
    with pytest.raises(UsageError) as error:
        registry.games.get(f"unrolled-{k}")
    assert str(error.value) == f"unrolled-{k}: K must be a whole number from 1 to 99"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("unrolled", "unknown game 'unrolled': did you mean unrolled-K"),
        ("chess", "unknown game 'chess': known: alternating"),
        ("", "unknown game '': known: alternating"),
    ],
)
def test_nothing_else_can_be_asked_for(name, message):
    with pytest.raises(UsageError, match=message):
        registry.games.get(name)
