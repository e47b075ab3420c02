"""A trained pair: its field, value and best responses, in games solved by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

import ganbench
from ganbench.core import registry
from ganbench.metrics import game_jacobian_eigenvalues
from ganbench.training.trained_pair import trained_pair

OF_A_PAIR = [m for m in registry.metrics.items() if "pair" in m.needs.inputs]


def trained(variant="ns", dataset="dirac", steps=3, **options):
    given = {"dtype": "float64", "batch": 8} | options
    return ganbench.train(variant, dataset, seeds=2, steps=steps, **given)


def held_out(dataset, n=64):
    return registry.datasets.get(dataset).load(None).test[:n]


def test_the_field_of_dirac_is_the_formula():
    """D(x) = psi x on data at 0: v = (psi sigmoid(-psi theta), -theta sigmoid(psi theta))."""
    found = trained_pair(trained(), 1)
    field = found.field(held_out("dirac"))
    for theta, psi in ((0.3, -1.2), (1.0, 1.0), (0.0, 0.0)):
        v = field(torch.tensor([theta, psi], dtype=torch.float64))
        s = 1 / (1 + math.exp(psi * theta))
        wanted = [psi * s, -theta * (1 - s)]
        torch.testing.assert_close(v, torch.tensor(wanted, dtype=torch.float64), rtol=0, atol=1e-12)
    eigenvalues = game_jacobian_eigenvalues(field, torch.zeros(2))
    np.testing.assert_allclose(eigenvalues, [0.5j, -0.5j], atol=1e-12)


def test_the_field_is_the_updates_direction():
    """One simultaneous step of plain gradient descent goes along the field of the same batch."""
    population = trained("wgan-gp", "ring2d", steps=2)
    found = trained_pair(population, 0)
    samples = held_out("ring2d", 32)
    point = found.flat(found.g, found.d)
    v = found.field(samples)(point)
    assert v.shape == point.shape and bool(torch.isfinite(v).all())
    other = trained_pair(population, 1)
    assert not torch.equal(other.field(samples)(point), v)  # its own noise
    assert torch.equal(trained_pair(population, 0).field(samples)(point), v)


def test_the_value_is_the_discriminators_objective():
    population = trained("hinge", "ring2d")
    found = trained_pair(population, 0)
    samples = held_out("ring2d", 16)
    d = population.problem.networks.discriminator
    real = torch.from_numpy(samples).double()
    logits = torch.func.functional_call(d, found.d, (real,))
    value = float(found.value(found.g, found.d, samples))
    worst = -float(torch.relu(1 - logits).mean())  # no fakes cost anything: an upper bound
    assert value <= worst
    silent = {k: torch.zeros_like(p) for k, p in found.d.items()}
    assert float(found.value(found.g, silent, samples)) == -2.0  # all logits 0: 1 + 1


def test_best_responses_improve_their_own_side_and_leave_the_pair_alone():
    population = trained("ns", "ring2d", steps=20)
    before = population.state_dict()
    found = trained_pair(population, 0)
    samples = held_out("ring2d", 128)
    start = float(found.value(found.g, found.d, samples))
    d, memory = found.d, None
    for i in range(30):
        d, memory = found.step_d(d, memory, i)
    g, memory = found.g, None
    for i in range(30):
        g, memory = found.step_g(g, memory, i)
    assert float(found.value(found.g, d, samples)) > start > float(found.value(g, found.d, samples))
    assert all(torch.equal(v, before[k]) for k, v in population.state_dict().items())


def test_the_duality_gap_of_dirac():
    """At (0, 0) no one can gain; away from it someone can, and more steps find more."""
    metric = registry.metrics.get("duality-gap")
    found = trained_pair(trained(), 0)
    zero = {k: torch.zeros_like(p) for k, p in found.g.items()}
    still = {k: torch.zeros_like(p) for k, p in found.d.items()}
    prepared = metric.prepare(held_out("dirac"))

    def gap(g, d, steps):
        return metric.compute(prepared, replace(found, g=g, d=d), steps=steps)["duality_gap"]

    assert gap(zero, still, 10) == pytest.approx(0, abs=1e-12)
    few, many = (gap({k: p + 1 for k, p in zero.items()}, still, n) for n in (2, 40))
    assert 0 < few < many


@pytest.mark.parametrize("metric", OF_A_PAIR, ids=lambda m: m.name)
@pytest.mark.parametrize("variant", ["ns", "wgan", "wgan-gp"])
def test_every_metric_of_a_pair_is_finite_and_repeats(metric, variant):
    found = trained_pair(trained(variant, "ring2d", dtype="float32"), 0)
    prepared = metric.prepare(held_out("ring2d", 32), **metric.params)
    one = metric.compute(prepared, found, **metric.params)
    assert set(one) == {q.key for q in metric.quantities}
    assert all(math.isfinite(v) for v in one.values())
    assert one == metric.compute(prepared, found, **metric.params)


def test_a_pair_of_images_works():
    found = trained_pair(trained("ns", "digits", arch="mlp-classic", dtype="float32"), 0)
    metric = registry.metrics.get("path-angle")
    values = metric.compute(metric.prepare(held_out("digits", 16)), found)
    assert -1 <= values["path_attraction"] <= 1
