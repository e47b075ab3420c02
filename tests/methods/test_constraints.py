"""Weight clipping, and spectral normalisation against torch's."""

import pytest
import torch
from torch import nn

from ganbench.core import registry


def test_weight_clip():
    constraint = registry.variants.get("wgan").constraint
    params = {"w": torch.tensor([-1.0, 0.005, 0.02])}
    clipped, _ = constraint.update(params, {}, torch.tensor(0.01))
    assert clipped["w"].tolist() == pytest.approx([-0.01, 0.005, 0.01])


def test_spectral_norm_is_torchs():
    """Weights and gradients equal torch's parametrisation once the vectors have converged."""
    torch.manual_seed(0)
    layers = [nn.Linear(6, 5), nn.Conv2d(3, 4, 3)]
    constraint = registry.modifiers.get("sn").constraint
    for layer in (m.double() for m in layers):
        params = {k: p.detach().clone() for k, p in layer.named_parameters()}
        state = constraint.init(params)
        for _ in range(300):
            same, state = constraint.update(params, state, torch.tensor(1.0))
            assert same is params
        leaf = params["weight"].requires_grad_(True)
        ours = constraint.apply(params, state, torch.tensor(1.0, dtype=torch.float64))
        sigma = torch.linalg.matrix_norm(ours["weight"].detach().flatten(1), 2)
        assert float(sigma) == pytest.approx(1, abs=1e-9)
        assert torch.equal(ours["bias"], params["bias"])
        theirs = nn.utils.parametrizations.spectral_norm(layer, n_power_iterations=300).train()
        direction = torch.randn_like(leaf)
        (a,) = torch.autograd.grad((ours["weight"] * direction).sum(), leaf)
        weight = theirs.parametrizations.weight.original
        value = theirs.weight
        (b,) = torch.autograd.grad((value * direction).sum(), weight)
        torch.testing.assert_close(ours["weight"], value, rtol=0, atol=1e-8)
        torch.testing.assert_close(a, b, rtol=0, atol=1e-8)
        doubled = constraint.apply(params, state, torch.tensor(2.0, dtype=torch.float64))
        torch.testing.assert_close(doubled["weight"], 2 * ours["weight"])


def test_the_singular_vectors_are_constants_to_the_gradient():
    """Seen in the second derivative: the first is the same for a vector that follows the weights.

    v maximises u.W v over unit vectors, so its own derivative counts at second order alone.
    """
    torch.manual_seed(0)
    constraint = registry.modifiers.get("sn").constraint
    w, direction, again = torch.randn(3, 4, 5, dtype=torch.float64)
    u = torch.nn.functional.normalize(torch.randn(4, dtype=torch.float64), dim=0)
    v = torch.nn.functional.normalize(w.T @ u, dim=0)
    value = torch.tensor(1.0, dtype=torch.float64)

    def ours(x):
        return constraint.apply({"w": x}, {"w": u}, value)["w"]

    def by_hand(x):
        return x / (u @ x @ v)

    slopes = []
    for function in (ours, by_hand):
        x = w.clone().requires_grad_()
        (first,) = torch.autograd.grad((function(x) * direction).sum(), x, create_graph=True)
        (second,) = torch.autograd.grad((first * again).sum(), x)
        slopes.append((first.detach(), second))
    for a, b in zip(*slopes, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-12)


def test_spectral_normalisation_leaves_a_matrix_of_zeros_until_it_moves():
    constraint = registry.modifiers.get("sn").constraint
    value = torch.tensor(1.0, dtype=torch.float64)
    params = {"w": torch.zeros(3, 4, dtype=torch.float64)}
    state = constraint.init(params)
    _, state = constraint.update(params, state, value)
    grad = torch.func.grad(lambda p: constraint.apply(p, state, value)["w"].sum())(params)["w"]
    assert torch.equal(constraint.apply(params, state, value)["w"], params["w"])
    assert torch.equal(grad, torch.ones(3, 4))
    moved = {"w": torch.outer(torch.arange(1.0, 4.0), torch.ones(4)).double()}
    _, state = constraint.update(moved, state, value)
    shown = constraint.apply(moved, state, value)["w"]
    assert float(torch.linalg.matrix_norm(shown, 2)) == pytest.approx(1.0, abs=1e-12)
