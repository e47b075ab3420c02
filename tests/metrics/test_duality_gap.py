"""Duality gap: quadratic and bilinear games, networks, a trained pair."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from ganbench.core import registry
from ganbench.metrics import duality_gap
from tests.metrics._helpers import game, normal

A, B, C = 2.0, 3.0, 0.5  # M = A g^2 / 2 + B g d - C d^2 / 2


def quadratic(g, d):
    return (A * g**2 / 2 + B * g * d - C * d**2 / 2).sum()


def test_gap_of_a_quadratic_game():
    """Its opponents are d = B g / C and g = -B d / A: gap (B^2/C + A) g^2/2 + (B^2/A + C) d^2/2."""
    g, d = 0.7, -1.1
    found = duality_gap(quadratic, torch.tensor([g]), torch.tensor([d]), 2_000, 0.1)
    assert found["max_d"] == pytest.approx((A + B**2 / C) * g**2 / 2, rel=1e-6)
    assert found["min_g"] == pytest.approx(-(C + B**2 / A) * d**2 / 2, rel=1e-6)
    assert found["duality_gap"] == pytest.approx(found["max_d"] - found["min_g"], rel=1e-12)


@pytest.mark.parametrize("steps", [1, 2, 7, 40])
def test_gap_after_so_many_steps(steps):
    """A gradient step shrinks the distance to the best opponent by 1 - lr times the curvature."""
    g, d, lr = 0.7, -1.1, 0.05
    d_end = B * g / C + (1 - lr * C) ** steps * (d - B * g / C)
    g_end = -B * d / A + (1 - lr * A) ** steps * (g + B * d / A)
    found = duality_gap(quadratic, np.array([g]), np.array([d]), steps, lr)
    highest = A * g**2 / 2 + B * g * d_end - C * d_end**2 / 2
    lowest = A * g_end**2 / 2 + B * g_end * d - C * d**2 / 2
    assert found["max_d"] == pytest.approx(highest, rel=1e-12)
    assert found["min_g"] == pytest.approx(lowest, rel=1e-12)


def test_gap_of_the_bilinear_game():
    """M = g d is unbounded: T steps gain lr T (g^2 + d^2)."""
    g, d = torch.tensor([3.0]).double(), torch.tensor([-2.0]).double()
    found = duality_gap(lambda g, d: (g * d).sum(), g, d, 10, 0.1)
    assert found == pytest.approx({"duality_gap": 13, "max_d": 3, "min_g": -10})


def test_gap_at_the_equilibrium_is_zero():
    zero = torch.zeros(3)
    assert duality_gap(quadratic, zero, zero)["duality_gap"] == 0
    assert duality_gap(lambda g, d: torch.tensor(5.0), zero, zero) == {
        "duality_gap": 0,
        "max_d": 5,
        "min_g": 5,
    }


def test_gap_is_never_negative_and_grows_with_steps():
    w = torch.from_numpy(normal(4, 4))

    def value(g, d):
        return torch.sin(3 * g @ w @ d) + (g**2).sum() - (d**2).sum()

    g, d = torch.from_numpy(normal(2, 4, 1))
    found = [duality_gap(value, g, d, n, 0.3)["duality_gap"] for n in (1, 2, 5, 20, 100)]
    assert found == sorted(found) and found[0] >= 0 and found[-1] > 0


def test_gap_is_that_of_the_negative_game_with_the_sides_changed():
    g, d = torch.from_numpy(normal(2, 3))
    one = duality_gap(quadratic, g, d, 9)
    other = duality_gap(lambda a, b: -quadratic(b, a), d, g, 9)
    assert other["duality_gap"] == pytest.approx(one["duality_gap"], rel=1e-12)
    assert (other["max_d"], other["min_g"]) == pytest.approx((-one["min_g"], -one["max_d"]))


def test_gap_of_mappings_is_that_of_tensors_and_leaves_them_alone():
    g = {"a": torch.tensor([0.5]), "n": torch.tensor(3)}
    d = {"x": torch.tensor([1.5], requires_grad=True), "idle": torch.ones(2)}
    wanted = duality_gap(quadratic, g["a"], d["x"], 5)

    def value(g, d):
        assert g["n"] == 3
        return quadratic(g["a"], d["x"])

    assert duality_gap(value, g, d, 5) == wanted
    assert g["a"] == 0.5 and d["x"] == 1.5 and d["x"].grad is None


def test_gap_of_the_dirac_gan_against_torch_optimisers():
    def value(g, d):
        softplus = torch.nn.functional.softplus
        return -softplus(-d * 0.0).sum() - softplus(d * g).sum() - 0.1 * (d**2).sum()

    g, d = torch.tensor([0.8]).double(), torch.tensor([0.3]).double()
    ends = []
    for side, sign in ((1, -1.0), (0, 1.0)):
        pair = [g.clone(), d.clone()]
        pair[side].requires_grad_()
        optimiser = torch.optim.SGD([pair[side]], 0.2)
        for _ in range(30):
            optimiser.zero_grad()
            (sign * value(*pair)).backward()
            optimiser.step()
        ends.append(float(value(*pair).detach()))
    found = duality_gap(value, g, d, 30, 0.2)
    assert (found["max_d"], found["min_g"]) == pytest.approx(ends, rel=1e-12)


def test_gap_of_networks():
    """A trained pair has a smaller gap than one whose generator is off."""
    torch.manual_seed(0)
    z, real = torch.randn(256, 1), torch.randn(256, 1)
    d = torch.nn.Sequential(torch.nn.Linear(1, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
    softplus = torch.nn.functional.softplus

    def value(g, parameters):
        def logits(x):
            return torch.func.functional_call(d, parameters, (x,))

        fake = z * g["scale"] + g["shift"]
        return -softplus(-logits(real)).mean() - softplus(logits(fake)).mean()

    def gap(shift):
        g = {"scale": torch.ones(1), "shift": torch.full((1,), shift)}
        return duality_gap(value, g, dict(d.named_parameters()), 200, 0.1)["duality_gap"]

    assert 0 <= gap(0.0) < gap(1.0) < gap(3.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps is 0: an integer of at least 1"),
        ({"steps": 1.5}, "steps is 1.5: an integer"),
        ({"lr": 0}, "lr is 0: a positive number needed"),
        ({"lr": math.nan}, "lr is nan: a positive number needed"),
        ({"lr": 1e200}, r"value is -?(inf|nan) after \d steps with lr 1e\+200"),
        ({"value": lambda g, d: g * d}, r"value has shape \(2,\): a scalar needed"),
        ({"value": lambda g, d: (g / 0 * d).sum()}, "value is (inf|nan) after 0 steps"),
        ({"g": torch.ones(2, dtype=torch.long)}, "g has 1 tensors and none of real numbers"),
        ({"d": {}}, "d has 0 tensors and none of real numbers"),
    ],
)
def test_gap_of_bad_input(options, message):
    good = {"value": quadratic, "g": torch.ones(2), "d": torch.ones(2)}
    with pytest.raises(ValueError, match=message):
        duality_gap(**(good | options))


# ---- of a trained pair ----


def of_pair(**changes):
    """Return the metric's value where each step of a player is worth 1 to it."""
    metric = registry.metrics.get("duality-gap")
    pair = replace(game(None, np.zeros(2), np.array([0.5, 2.0]), gain=1.0), **changes)
    prepared = metric.prepare(np.zeros((4, 2)), **metric.params)
    return metric.compute(prepared, pair, **metric.params)["duality_gap"]


def test_the_registered_gap_is_after_50_steps_of_each_player():
    assert of_pair() == 2 * 50


def test_each_player_moves_alone_and_by_its_own_rule():
    def still(parameters, memory, i):
        return parameters, memory

    def by_three(parameters, memory, i):
        return {"w": parameters["w"] + 3}, memory

    assert of_pair(step_d=still) == of_pair(step_g=still) == 50
    assert of_pair(step_d=by_three) == of_pair(step_g=by_three) == 50 + 150


def test_the_best_value_on_the_way_counts():
    def there_and_back(parameters, memory, i):
        return {"w": parameters["w"] + (1 if i < 7 else -1)}, memory

    assert of_pair(step_d=there_and_back) == 7 + 50
    assert of_pair(step_g=there_and_back) == 50 + 7


def test_a_player_that_diverges_ends_its_path():
    def exploding(parameters, memory, i):
        return {"w": parameters["w"] + (1 if i < 4 else math.inf)}, memory

    assert of_pair(step_d=exploding) == 4 + 50
    with pytest.raises(ValueError, match="value is nan after 0 steps"):
        of_pair(value=lambda g, d, samples: torch.tensor(math.nan))


def test_the_gap_is_measured_on_the_held_out_samples():
    seen = []

    def value(g, d, samples):
        seen.append(samples)
        return torch.tensor(0.0)

    of_pair(value=value)
    assert len(seen) == 2 * 51 and all(np.array_equal(s, np.zeros((4, 2))) for s in seen)
