"""Optimisers against torch's, and their differentiable twins."""

import numpy as np
import pytest
import torch

from ganbench.core import registry
from ganbench.methods.optimisers import SGD, Adam, RMSprop, differentiable


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Adam(1e-2, (0.5, 0.9)), lambda p: torch.optim.Adam(p, 1e-2, (0.5, 0.9))),
        (Adam(1e-2, (0.0, 0.9)), lambda p: torch.optim.Adam(p, 1e-2, (0.0, 0.9))),
        (RMSprop(1e-2), lambda p: torch.optim.RMSprop(p, 1e-2)),
        (SGD(1e-2), lambda p: torch.optim.SGD(p, 1e-2)),
    ],
)
def test_optimisers_equal_torch(ours, theirs):
    torch.manual_seed(0)
    params = {"a": torch.randn(3, 4, dtype=torch.float64), "b": torch.randn(5, dtype=torch.float64)}
    leaves = [p.clone().requires_grad_(True) for p in params.values()]
    optimiser, state = theirs(leaves), ours.init(params)
    hyper = {k: torch.tensor(v, dtype=torch.float64) for k, v in ours.hyper().items()}
    for _ in range(10):
        grads = {
            k: torch.randn_like(p) * 10.0 ** torch.randint(-6, 3, ()) for k, p in params.items()
        }
        for leaf, grad in zip(leaves, grads.values(), strict=True):
            leaf.grad = grad.clone()
        optimiser.step()
        params, state = ours.update(grads, state, params, hyper)
    for leaf, p in zip(leaves, params.values(), strict=True):
        torch.testing.assert_close(p, leaf.data, rtol=1e-10, atol=1e-12)


def test_adam_of_lanes_is_adam_of_each_whatever_their_rates():
    """Under ``vmap``, with rates per lane and with one rate for all."""
    optim, lanes = Adam(1e-2, (0.5, 0.9)), 3
    torch.manual_seed(0)
    params = {"a": torch.randn(lanes, 7, 40), "b": torch.randn(lanes, 3)}
    for rates in ([1e-2, 1e-3, 1e-1], [1e-2] * 3):
        hyper = {k: torch.full((lanes,), float(v)) for k, v in optim.hyper().items()}
        hyper["lr"] = torch.tensor(rates)
        state = torch.func.vmap(optim.init)(params)
        own = [({k: p[i] for k, p in params.items()},) * 2 for i in range(lanes)]
        own = [(p, optim.init(p)) for p, _ in own]
        moved = params
        for _ in range(3):
            grads = {k: torch.randn_like(p) for k, p in params.items()}
            moved, state = torch.func.vmap(optim.update)(grads, state, moved, hyper)
            for i in range(lanes):
                g, h = ({k: x[i] for k, x in tree.items()} for tree in (grads, hyper))
                own[i] = optim.update(g, own[i][1], own[i][0], h)
        for i in range(lanes):
            for k in params:
                torch.testing.assert_close(moved[k][i], own[i][0][k], rtol=1e-6, atol=1e-8)
                torch.testing.assert_close(state["v"][k][i], own[i][1]["v"][k], rtol=1e-6, atol=0)


def test_adam_moves_nothing_that_it_was_given():
    optim, p = Adam(1e-2), {"w": torch.ones(5)}
    state = optim.init(p)
    hyper = {k: torch.tensor(v) for k, v in optim.hyper().items()}
    grads = {"w": torch.tensor([[3.0, -1.0]] * 5).T[0]}  # not contiguous
    new, after = optim.update(grads, state, p, hyper)
    assert torch.equal(p["w"], torch.ones(5)) and not state["m"]["w"].any()
    assert torch.allclose(new["w"], torch.full((5,), 0.99)) and after["m"]["w"].all()


def test_adam_takes_a_negative_momentum():
    """Which torch's refuses: m = 1.5 g - 0.5 m, and 1 - (-0.5)^t in place of 1 - 0.5^t."""
    optim = registry.variants.get("ns+negative-momentum").d_optim
    p, m, v = 0.0, 0.0, 0.0
    params = {"w": torch.zeros((), dtype=torch.float64)}
    state = optim.init(params)
    hyper = {k: torch.tensor(x, dtype=torch.float64) for k, x in optim.hyper().items()}
    for t, g in enumerate((3.0, -1.0, 2.0, 2.0), start=1):
        params, state = optim.update({"w": torch.tensor(g).double()}, state, params, hyper)
        m, v = 1.5 * g - 0.5 * m, 0.001 * g**2 + 0.999 * v
        p -= 2e-4 * (m / (1 - (-0.5) ** t)) / ((v / (1 - 0.999**t)) ** 0.5 + 1e-8)
        assert float(params["w"]) == pytest.approx(p, rel=1e-9)


@pytest.mark.parametrize("optim", [Adam(0.01, (0.5, 0.9)), RMSprop(0.01), SGD(0.01)])
def test_differentiable_optimisers_do_the_same_and_have_derivatives_at_zero(optim):
    rng = np.random.default_rng(0)
    params = {"w": torch.from_numpy(rng.standard_normal(5))}
    hyper = {k: torch.tensor(v, dtype=torch.float64) for k, v in optim.hyper().items()}
    plain, smooth = optim.init(params), optim.init(params)
    ours, theirs = params, params
    for _ in range(3):
        grads = {"w": torch.from_numpy(rng.standard_normal(5))}
        grads["w"][0] = 0
        leaf = {"w": grads["w"].clone().requires_grad_()}
        ours, plain = optim.update(grads, plain, ours, hyper)
        theirs, smooth = differentiable(optim).update(leaf, smooth, theirs, hyper)
        (slope,) = torch.autograd.grad(theirs["w"].sum(), leaf["w"], retain_graph=True)
        torch.testing.assert_close(ours["w"], theirs["w"].detach(), rtol=1e-13, atol=1e-15)
        assert torch.isfinite(slope).all()


def test_adam_corrects_its_bias_while_a_beta_changes():
    """By hand: the products of the betas so far stand for ``beta ** t``."""
    optim, p, grad = Adam(0.1), torch.tensor([1.0], dtype=torch.float64), 2.0
    params, state = {"p": p}, optim.init({"p": p})
    m = v = 0.0
    product = 1.0
    by_hand = 1.0
    for beta2 in (0.9, 0.95, 0.99):
        numbers = {"lr": 0.1, "beta1": 0.0, "beta2": beta2}
        hyper = {k: torch.tensor(x, dtype=torch.float64) for k, x in numbers.items()}
        grads = {"p": torch.tensor([grad], dtype=torch.float64)}
        params, state = optim.update(grads, state, params, hyper)
        m, v, product = grad, beta2 * v + (1 - beta2) * grad**2, product * beta2
        by_hand -= 0.1 * m / ((v / (1 - product)) ** 0.5 + 1e-8)
    assert float(params["p"]) == pytest.approx(by_hand, abs=1e-12)
