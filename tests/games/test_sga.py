"""Symplectic gradient adjustment: against dense linear algebra."""

import numpy as np
import pytest
import torch

from ganbench.core import registry
from ganbench.training.games import sga
from tests.training._helpers import make

D, G = torch.float64, 3


def adjust(matrix, w, weight=1.0):
    """Return the adjusted field of xi(w) = matrix w, by the game's own code and by numpy."""
    given = torch.tensor(matrix, dtype=D)

    def both(state):
        return given @ torch.cat([state.g["x"], state.d["y"]])

    patched = pytest.MonkeyPatch()
    patched.setattr(sga, "d_gradient", lambda p, s, *_: ({"y": both(s)[G:]}, {}))
    patched.setattr(sga, "g_gradient", lambda p, s, *_: ({"x": both(s)[:G]}, {}))
    point = torch.tensor(w, dtype=D)
    state = make("ns", "toy", [0]).state._replace(g={"x": point[:G]}, d={"y": point[G:]})
    new, _ = sga.adjusted(None, state, None, {}, {}, {"sga.weight": torch.tensor(weight, dtype=D)})
    patched.undo()
    xi = matrix @ w
    turn = (matrix - matrix.T).T @ xi / 2
    h = matrix.T @ xi
    sign = np.sign((xi @ h) * (turn @ h) / len(w) + 0.1)
    return torch.cat([new["g"]["x"], new["d"]["y"]]).numpy(), xi + sign * weight * turn, sign


def test_the_adjustment_is_that_of_dense_matrices_of_either_sign():
    rng, signs = np.random.default_rng(0), set()
    for _ in range(20):
        found, wanted, sign = adjust(rng.standard_normal((5, 5)), rng.standard_normal(5), 0.7)
        assert found == pytest.approx(wanted, abs=1e-12)
        signs.add(sign)
    assert signs == {-1.0, 1.0}


def test_a_potential_game_is_left_alone():
    """A symmetric Jacobian does not turn: A is 0."""
    rng = np.random.default_rng(0)
    half = rng.standard_normal((5, 5))
    w = rng.standard_normal(5)
    assert adjust(half + half.T, w)[0] == pytest.approx((half + half.T) @ w, abs=1e-12)


def test_the_weight_is_that_of_the_algorithm():
    assert registry.games.get("sga").hyper == {"sga.weight": 1.0} and sga.ALIGN == 0.1


def test_it_trains_with_a_penalty_of_second_order():
    population = make("wgan-gp", "toy", [0, 1], game="sga")
    population.run(3)
    assert population.diverged(0) is None and population.diverged(1) is None
