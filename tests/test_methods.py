"""Losses, penalties, constraints and optimisers against formulas and torch's own."""

import pytest
import torch
from torch import nn

from ganbench import registry
from ganbench.optim import SGD, Adam, RMSprop

VARIANTS = registry.items("variant")


def sp(x):
    return torch.log1p(torch.exp(x))


FORMULAS = {
    "minimax": (lambda r, f: (sp(-r) + sp(f)).mean(), lambda r, f: (-sp(f)).mean()),
    "ns": (lambda r, f: (sp(-r) + sp(f)).mean(), lambda r, f: sp(-f).mean()),
    "hinge": (
        lambda r, f: (torch.clamp(1 - r, min=0) + torch.clamp(1 + f, min=0)).mean(),
        lambda r, f: -f.mean(),
    ),
    "wgan": (lambda r, f: (f - r).mean(), lambda r, f: -f.mean()),
    "wgan-gp": (lambda r, f: (f - r).mean(), lambda r, f: -f.mean()),
    "rpgan-r1r2": (lambda r, f: sp(f - r).mean(), lambda r, f: sp(r - f).mean()),
}


def test_every_variant_has_a_formula_here():
    assert {v.name for v in VARIANTS} == set(FORMULAS)


@pytest.mark.parametrize("subject", FORMULAS)
def test_losses_and_their_gradients_equal_hand_written_formulas(subject):
    variant = registry.get("variant", subject)
    torch.manual_seed(0)
    logits = 3 * torch.randn(2, 16, dtype=torch.float64)
    for ours, formula in zip((variant.d_loss, variant.g_loss), FORMULAS[subject], strict=True):
        a, b = (logits.clone().requires_grad_(True) for _ in range(2))
        x, y = ours(*a), formula(*b)
        x.backward()
        y.backward()
        torch.testing.assert_close(x, y, rtol=1e-8, atol=1e-12)
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("subject", FORMULAS)
def test_only_declared_generator_losses_read_the_real_logits(subject):
    variant = registry.get("variant", subject)
    real = torch.randn(8, requires_grad=True)
    value = variant.g_loss(real, torch.randn(8, requires_grad=True))
    (grad,) = torch.autograd.grad(value, real, allow_unused=True)
    assert (grad is not None and bool((grad != 0).any())) == variant.g_reads_real


@pytest.mark.parametrize("subject", FORMULAS)
def test_losses_stay_finite_for_huge_logits(subject):
    variant = registry.get("variant", subject)
    huge = torch.tensor([1e4, -1e4, 80.0, -80.0])
    for loss in (variant.d_loss, variant.g_loss):
        for real, fake in ((huge, -huge), (-huge, huge)):
            assert torch.isfinite(loss(real, fake))


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.name)
def test_every_variant_cites_its_paper_and_shows_its_equation(variant):
    assert variant.paper.title and variant.paper.year >= 2014 and variant.paper.arxiv
    assert "D:" in variant.equation and "G:" in variant.equation and variant.family


def double_backward(d, x, reduce):
    x = x.clone().requires_grad_(True)
    (slope,) = torch.autograd.grad(d(x).sum(), x, create_graph=True)
    return reduce(slope.flatten(1))


REFERENCES = {
    "gradient_penalty": lambda d, r, f, n: double_backward(
        d, n["epsilon"] * r + (1 - n["epsilon"]) * f, lambda s: ((s.norm(dim=1) - 1) ** 2).mean()
    ),
    "r1": lambda d, r, f, n: double_backward(d, r, lambda s: 0.5 * (s**2).sum(1).mean()),
    "r2": lambda d, r, f, n: double_backward(d, f, lambda s: 0.5 * (s**2).sum(1).mean()),
}
PENALTIES = {p.function.__name__: p for v in VARIANTS for p in v.penalties}


def test_every_penalty_has_a_reference_here():
    assert set(PENALTIES) == set(REFERENCES)


@pytest.mark.parametrize("name", REFERENCES)
def test_penalties_equal_double_backward(name):
    torch.manual_seed(0)
    d = nn.Sequential(nn.Flatten(1), nn.Linear(12, 9), nn.Tanh(), nn.Linear(9, 1), nn.Flatten(0))
    d = d.double()
    real, fake = torch.randn(2, 5, 3, 4, dtype=torch.float64)
    noise = {
        key: torch.rand(spec.shape, dtype=torch.float64)
        for key, spec in PENALTIES[name].noise(5, (3, 4)).items()
    }
    grads = []
    for function in (PENALTIES[name].function, REFERENCES[name]):
        value = function(d, real, fake, noise)
        grads.append([value, *torch.autograd.grad(value, [*d.parameters()][:-1])])
    for ours, theirs in zip(*grads, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-12)


def test_gradient_penalty_of_a_flat_critic_is_one_and_finite():
    weight = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    noise = {"epsilon": torch.rand(4, 1, dtype=torch.float64)}
    real, fake = torch.randn(2, 4, 3, dtype=torch.float64)
    value = PENALTIES["gradient_penalty"].function(lambda x: x @ weight, real, fake, noise)
    (grad,) = torch.autograd.grad(value, weight)
    assert float(value) == 1 and torch.isfinite(grad).all()


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


def test_weight_clip():
    constraint = registry.get("variant", "wgan").constraint
    params = {"w": torch.tensor([-1.0, 0.005, 0.02])}
    clipped, _ = constraint.update(params, {}, torch.tensor(0.01))
    assert clipped["w"].tolist() == pytest.approx([-0.01, 0.005, 0.01])


def test_anneal_ends_where_it_says():
    from ganbench.spec import Anneal

    anneal = Anneal(4.0, 2.0, until=0.5)
    assert [anneal(x) for x in (0, 0.25, 0.5, 1)] == pytest.approx([4, 3, 2, 2])
