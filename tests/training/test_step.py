"""Steps: finite, in the right order, with the schedules and averages that were asked for."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ganbench.core import registry
from ganbench.training.population import Population
from ganbench.training.state import Problem, State
from ganbench.training.step import g_average
from tests.training._helpers import (
    make,
)

GAMED = [
    pytest.param(v.name, game, marks=() if v.core and game != "unrolled-10" else pytest.mark.slow)
    for v in registry.variants.items()
    if v.game is None and "images" not in v.requires
    for game in [*registry.games.names(), "unrolled-5", "unrolled-10"]
]


@pytest.mark.parametrize(("subject", "game"), GAMED)
def test_steps_are_finite_and_move_both_networks(subject, game):
    population = make(subject, "toy", [3], game=game)
    before = population.params(3)
    population.run(5)
    after = population.params(3)
    for part in ("g", "d"):
        assert all(torch.isfinite(v).all() for v in after[part].values())
        assert any((after[part][k] != before[part][k]).any() for k in after[part])
    assert all(np.isfinite(v).all() and len(v) == 5 for v in population.history(3).values())


def test_simultaneous_differs_from_alternating_as_theory_says():
    """On the Dirac game, G meets the new psi if alternating, the old one if simultaneous."""
    from ganbench.methods.optimisers import SGD

    wgan = replace(registry.variants.get("wgan"), optim=SGD(0.2), d_steps=1, constraint=None)
    arch, data = registry.archs.get("dirac"), registry.datasets.get("dirac").load(None)
    for game, theta in (("alternating", 1 + 0.2 * (1 - 0.2)), ("simultaneous", 1 + 0.2)):
        p = Population(wgan, lambda: arch.build((1,)), data.train, "dirac", [0], 1, 10,
                       game=game, dtype=torch.float64)  # fmt: skip
        p.run(1)
        # D ascends r - f = -psi theta: psi = 1 - 0.2; G ascends f = psi theta
        assert float(p.params(0)["d"]["psi"]) == pytest.approx(1 - 0.2, abs=1e-12)
        assert float(p.params(0)["g"]["theta"]) == pytest.approx(theta, abs=1e-12)


def test_schedules_run_over_the_budget_and_yield_to_overrides():
    population = make("rpgan-r1r2", "toy", [0], steps=10)
    assert float(population.inputs_at(population.step)[2]["r1.weight"][0]) == pytest.approx(0.05)
    population.run(10)
    assert float(population.inputs_at(population.step)[2]["r1.weight"][0]) == pytest.approx(0.005)
    assert float(population.inputs_at(population.step)[2]["d.beta2"][0]) == pytest.approx(0.99)
    fixed = make("rpgan-r1r2", "toy", [0], steps=10, hyper={"r1.weight": 3.0})
    fixed.run(10)
    assert float(fixed.inputs_at(fixed.step)[2]["r1.weight"][0]) == 3.0


def test_the_average_is_an_exponential_one():
    population = make("ns", "toy", [0], "float64", ema=0.5)
    expected = population.params(0)["g"]
    for decay in [*((1 + t) / (10 + t) for t in range(8)), 0.5, 0.5]:
        population.run(1)
        new = population.params(0)["g"]
        expected = {k: decay * expected[k] + (1 - decay) * new[k] for k in new}
    ema = population.params(0)["ema"]
    assert all(torch.allclose(ema[k], expected[k], atol=1e-12) for k in ema)
    sampled = population.sample(3, 0, latent_seed=1)
    raw = make("ns", "toy", [0], "float64")
    raw.run(10)
    assert not np.allclose(sampled, raw.sample(3, 0, latent_seed=1))


def test_a_loss_that_hides_what_it_reads_is_caught():
    hidden = replace(registry.variants.get("rpgan-r1r2"), g_reads_real=False)
    arch, data = registry.archs.get("toy"), registry.datasets.get("ring2d").load(None)
    p = Population(hidden, lambda: arch.build((2,)), data.train, "ring2d", [0], 8, 10)
    p.run(1)
    assert p.diverged(0) == 0


@pytest.mark.parametrize(("updates", "least", "most"), [(1, 0.1, 0.1), (300, 0, 0.01)])
def test_the_average_of_few_updates_holds_hardly_any_of_the_initial_weights(updates, least, most):
    """A decay of 0.999 from the start kept 74 % of them after 300 updates."""
    variant = registry.variants.get("ns")
    problem = Problem(variant, None, (2,), 8, ema=0.999)
    kept = {"w": torch.ones((), dtype=torch.float64)}
    zero = torch.zeros((), dtype=torch.float64)
    state = State({"w": zero}, {}, {}, {}, {}, {}, kept, {"updates": zero}, {})
    for _ in range(updates):
        state = g_average(problem, state)
    assert least <= float(state.ema["w"]) <= most
    assert float(state.averaged["updates"]) == updates


def test_the_average_keeps_most_of_the_old_weights_once_it_has_ramped_up():
    """Decay 0.9: nine tenths of the average so far, a tenth of the new weights."""
    population = make("ns", "toy", [0], "float64", ema=0.9)
    population.run(80)  # (1 + 80) / (10 + 80) is 0.9
    expected = population.params(0)["ema"]
    for _ in range(3):
        population.run(1)
        new = population.params(0)["g"]
        expected = {k: 0.9 * expected[k] + 0.1 * new[k] for k in new}
    ema = population.params(0)["ema"]
    assert all(torch.allclose(ema[k], expected[k], atol=1e-12) for k in ema)


def test_loss_states_are_told_real_and_fake_outputs_in_this_order():
    """LeCam's averages start at 0 and move by a hundredth to D's mean outputs."""
    population = make("lecam", "toy", [0], "float64")
    population.run(1)
    history = population.history(0)
    state = population.state.loss_state
    assert float(state["real"][0]) == pytest.approx(0.01 * history["d_real"][0], rel=1e-5)
    assert float(state["fake"][0]) == pytest.approx(0.01 * history["d_fake"][0], rel=1e-5)
    assert abs(history["d_real"][0] - history["d_fake"][0]) > 1e-3
