"""Losses, penalties, constraints and optimisers against formulas and torch's own."""

import numpy as np
import pytest
import torch
from torch import nn

import ganbench
from ganbench import registry
from ganbench.errors import UsageError
from ganbench.optim import SGD, Adam, RMSprop
from ganbench.plan import choose_variants

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
    "one_sided_penalty": lambda d, r, f, n: double_backward(
        d, n["epsilon"] * r + (1 - n["epsilon"]) * f,
        lambda s: (torch.clamp(s.norm(dim=1) - 1, min=0) ** 2).mean()
    ),
    "zero_centred_penalty": lambda d, r, f, n: double_backward(
        d, n["epsilon"] * r + (1 - n["epsilon"]) * f, lambda s: (s**2).sum(1).mean()
    ),
    "divergence_penalty": lambda d, r, f, n: sum(
        double_backward(d, x, lambda s: 0.5 * (s.norm(dim=1) ** 6).mean()) for x in (r, f)
    ),
    "dragan_penalty": lambda d, r, f, n: double_backward(
        d, r + n["epsilon"] * (0.5 * r.std(unbiased=False) * n["shift"]),
        lambda s: ((s.norm(dim=1) - 1) ** 2).mean()
    ),
    "jensen_shannon_penalty": lambda d, r, f, n: 0.5 * (
        double_backward(d, r, lambda s: ((1 - d(r).sigmoid()) ** 2 * (s**2).sum(1)).mean())
        + double_backward(d, f, lambda s: (d(f).sigmoid() ** 2 * (s**2).sum(1)).mean())
    ),
    "r1": lambda d, r, f, n: double_backward(d, r, lambda s: 0.5 * (s**2).sum(1).mean()),
    "r2": lambda d, r, f, n: double_backward(d, f, lambda s: 0.5 * (s**2).sum(1).mean()),
}  # fmt: skip
MODIFIERS = registry.items("modifier")
PENALTIES = {p.function.__name__: p for v in [*VARIANTS, *MODIFIERS] for p in v.penalties}


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


def test_other_schedules_end_where_they_say():
    from ganbench.spec import Decay, Line

    assert [Decay(2.0, 0.02)(x) for x in (0, 0.5, 1, 2)] == pytest.approx([2, 0.2, 0.02, 0.02])
    assert [Line(0.1, 0.0)(x) for x in (0, 0.5, 1, 2)] == pytest.approx([0.1, 0.05, 0, 0])


def test_spectral_norm_is_torchs():
    """Weights and gradients equal torch's parametrisation once the vectors have converged."""
    torch.manual_seed(0)
    layers = [nn.Linear(6, 5), nn.Conv2d(3, 4, 3)]
    constraint = registry.get("modifier", "sn").constraint
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


def test_packs_hold_consecutive_samples():
    view = registry.get("variant", "ns+pack3").views[0]
    x = torch.arange(8 * 2 * 5.0).reshape(8, 2, 5)
    found = view.function(x, {}, None)
    assert found.shape == (2, 6, 5) and torch.equal(found[1], x[3:6].reshape(6, 5))
    variant = registry.get("variant", "ns+pack3")
    assert variant.seen(8, (2, 5)) == (2, (6, 5)) and "pack.value" not in variant.hyper()


def test_instance_noise_has_the_size_it_says():
    variant = registry.get("variant", "ns+noise")
    view = variant.views[0]
    epsilon = torch.randn(4, 3)
    noisy = view.function(torch.ones(4, 3), {"epsilon": epsilon}, torch.tensor(0.5))
    assert torch.equal(noisy, 1 + 0.5 * epsilon)
    assert variant.hyper()["instance_noise.value"] == variant.schedules["instance_noise.value"](0)


def test_compositions_are_canonical_and_keep_the_base():
    both = registry.get("variant", "ns+sn+r1")
    assert both.name == "ns+r1+sn" == registry.get("variant", "ns+r1+sn").name
    assert [p.key for p in both.penalties] == [
        "r1.weight"
    ] and both.constraint.name == "spectral_norm"
    assert both.requires == {"per_sample_d"} and "r1.weight" in both.hyper()
    base = registry.get("variant", "ns")
    assert (both.d_loss, both.g_loss, both.optim) == (base.d_loss, base.g_loss, base.optim)
    assert not base.penalties and registry.names("variant").count("ns+r1+sn") == 0


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ns+r3", "unknown modifier 'r3': did you mean"),
        ("nss+r1", "unknown variant 'nss': did you mean ns"),
        ("ns+r1+r1", "has r1.weight already"),
        ("wgan-gp+gp", "wgan-gp has gradient_penalty.weight already"),
        ("wgan+sn", "wgan has a constraint already"),
        ("ns+pack2+pack3", "has pack.value already"),
        ("ns+", "unknown modifier ''"),
    ],
)
def test_compositions_that_do_not_fit_are_refused(name, message):
    with pytest.raises(UsageError, match=message.replace("+", r"\+")):
        registry.get("variant", name)


def test_families_and_lists_of_variants():
    def names(*given):
        return [variant.name for variant in choose_variants(given)]

    assert names("wasserstein") == ["wgan", "wgan-gp"]
    assert names("ns+sn+r1,ns,ns+r1+sn", "ns") == ["ns+r1+sn", "ns"]
    assert names("all") == registry.names("variant")


@pytest.mark.parametrize("modifier", registry.names("modifier"))
def test_every_modifier_trains_and_a_lane_equals_its_solo_run(modifier):
    name = f"ns+{modifier}"

    def population(seeds, backend="eager"):
        return ganbench.train(
            name, "ring2d", seeds=seeds, steps=4, batch=128, dtype="float64", backend=backend
        )

    together, solo, loop = population([0, 1]), population([1]), population([1], "loop")
    for part, params in solo.params(1).items():
        for key, value in params.items():
            torch.testing.assert_close(together.params(1)[part][key], value, rtol=0, atol=1e-9)
            torch.testing.assert_close(loop.params(1)[part][key], value, rtol=0, atol=1e-9)
    plain = ganbench.train("ns", "ring2d", seeds=[1], steps=4, batch=128, dtype="float64")
    if not modifier.startswith("pack"):  # the same start, another way
        moved = [
            not torch.equal(v, plain.params(1)["d"][k]) for k, v in solo.params(1)["d"].items()
        ]
        assert any(moved)
    assert all(np.isfinite(v).all() for v in solo.history(1).values())
