"""Every game algorithm: the bilinear game against linear algebra, and the trainer's contract."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ganbench.core import registry
from ganbench.methods.constraints import weight_clip
from ganbench.training.state import flatten
from tests.games._helpers import BASE, GAMES, PERIODIC, H, linear, trajectory, weights
from tests.training._helpers import make, relative


def test_every_game_has_a_linear_map_here():
    for game in GAMES:
        assert linear(game, 0.1).shape in ((2, 2), (4, 4))


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("h", [0.05, 0.2])
@pytest.mark.parametrize("together", [True, False])
def test_the_bilinear_game_moves_by_its_linear_map(game, h, together):
    weight = 0.7
    hyper = {"lr": h} | dict.fromkeys(registry.games.get(game).hyper, weight)
    found = trajectory(game, hyper=hyper, together=together)
    matrix = linear(game, h, weight)
    w = np.zeros(len(matrix))
    w[:2] = 1
    for here in found:
        assert np.abs(here - w[:2]).max() <= 1e-10 * max(1, np.abs(w).max())
        w = matrix @ w
    assert np.abs(found[-1] - found[0]).max() > 0.1


RATES = {
    "simultaneous": np.sqrt(1 + H**2),
    "alternating": 1.0,
    "extragradient": np.sqrt((1 - H**2) ** 2 + H**2),
    "optimistic": np.abs(np.roots([1, -1 - 2j * H, 1j * H])).max(),  # x^2 = x + h i (2 x - 1)
    "past-extragradient": np.abs(np.roots([1, -1 - 2j * H, 1j * H])).max(),
    "consensus": np.sqrt((1 - H * 0.5) ** 2 + H**2),
    "consensus-alternating": 1 - H * 0.5,
    "sga": np.sqrt((1 - H * 0.5) ** 2 + H**2),
    "unrolled-5": np.sqrt(1 - 10 * H**2 + H**2),
}


@pytest.mark.parametrize("game", RATES)
def test_rates_have_their_closed_forms(game):
    """Spectral radii: Gidel 2019, section 3; Mescheder 2017, section 4."""
    found = np.abs(np.linalg.eigvals(linear(game, H, 0.5))).max()
    assert found == pytest.approx(RATES[game], abs=1e-12)


def test_simultaneous_grows_and_extragradient_shrinks_by_its_factor_at_every_step():
    for game in ("simultaneous", "extragradient", "consensus", "sga"):
        norms = np.linalg.norm(trajectory(game, hyper=weights(game)), axis=1)
        assert norms[1:] / norms[:-1] == pytest.approx(RATES[game], abs=1e-10)


@pytest.mark.parametrize("game", GAMES)
def test_with_two_discriminator_steps_the_last_is_the_joint_one(game):
    """After one step: theta of the rule from the psi that one round of D by itself leads to."""
    theta, psi = trajectory(game, replace(BASE, d_steps=2), steps=1, hyper=weights(game))[1]
    single = trajectory(game, replace(BASE, d_steps=1), steps=1, hyper=weights(game))[1]
    if game in ("past-extragradient", "optimistic"):  # D's second round has a last step: h theta
        wanted = {"past-extragradient": (1 + H * (1 - 2 * H), 1 - 2 * H),
                  "optimistic": (1 + 2 * H * (1 - 2 * H), 1 - 3 * H)}[game]  # fmt: skip
    elif game == "extragradient":  # theta rests in D's own round
        wanted = (1 + H * (1 - 2 * H), 1 - H - H * (1 + H * (1 - H)))
    else:
        first = linear(game if game == "sga" else "consensus" if weights(game) else "simultaneous",
                       H, 0.5) @ [1, 1]  # fmt: skip
        rule = linear(game, H, 0.5)
        wanted = rule @ [1, first[1]]
    assert (theta, psi) == pytest.approx(wanted, abs=1e-12)
    assert abs(psi - single[1]) > 0.01


@pytest.mark.parametrize("game", [*GAMES, *PERIODIC])
def test_clipping_still_holds(game):
    found = trajectory(game, replace(BASE, constraint=weight_clip(0.3)), hyper=weights(game))
    assert np.abs(found[1:, 1]).max() <= 0.3 and np.abs(found[1:, 1]).min() < 0.3


@pytest.mark.parametrize("game", [*GAMES, *PERIODIC])
@pytest.mark.parametrize("subject", ["ns", "wgan-gp"])
def test_lane_equals_solo(game, subject):
    given = {"game": game, "dtype": "float64", "batch": 32, "ema": 0.9}
    together = make(subject, "toy", [0, 1, 2], **given)
    together.run(4)
    solo = make(subject, "toy", [1], **given)
    solo.run(4)
    assert solo.diverged(1) is None
    for part, tree in solo.params(1).items():
        assert max(relative(together.params(1)[part][k], v) for k, v in tree.items()) <= 1e-9


@pytest.mark.parametrize("game", [*GAMES, *PERIODIC])
@pytest.mark.parametrize("subject", ["ns", "wgan-gp"])
def test_lanes_in_turn_agree_with_lanes_together(game, subject):
    given = {"game": game, "dtype": "float64"}
    reference = make(subject, "toy", [0, 1], **given)
    for _ in range(2):
        other = make(subject, "toy", [0, 1], together=False, **given)
        other.load_state_dict(reference.state_dict())
        reference.run(1)
        other.run(1)
        ours, theirs = flatten(other.state), flatten(reference.state)
        for key, value in theirs.items():
            # where a gradient is nothing but rounding, so is the remembered step: some 1e-14
            assert torch.allclose(ours[key], value, rtol=1e-7, atol=1e-12), key


@pytest.mark.parametrize("game", [*GAMES, *PERIODIC])
def test_going_on_from_a_checkpoint_is_exact(game):
    straight, first, second = (make("ns", "toy", [0, 1], game=game, ema=0.9) for _ in range(3))
    straight.run(8)
    first.run(3)
    second.load_state_dict(first.state_dict())
    second.run(5)
    ours, theirs = flatten(second.state), flatten(straight.state)
    assert all(torch.equal(ours[k], theirs[k]) for k in theirs)
    remembers = any(k.startswith(".game") for k in theirs)
    assert remembers == bool(registry.games.get(game).init({}, {}))
    if remembers:
        memory = [v for k, v in theirs.items() if k.startswith(".game")]
        assert all(bool((v != 0).any()) for v in memory)


def test_a_checkpoint_of_another_game_is_refused():
    with pytest.raises(ValueError, match="belongs to other"):
        make("ns", "toy", [0], game="optimistic").load_state_dict(
            make("ns", "toy", [0]).state_dict()
        )
