"""Losses, penalties, constraints and optimisers against formulas and torch's own."""

import math

import numpy as np
import pytest
import torch
from torch import nn

import ganbench
from ganbench import registry
from ganbench.errors import UsageError
from ganbench.optim import SGD, Adam, RMSprop
from ganbench.selection import choose_variants, groups
from ganbench.spec import Variant

VARIANTS = registry.items("variant")


def sp(x):
    return torch.log1p(torch.exp(x))


def relu(x):
    return torch.clamp(x, min=0)


def plain_distance2(x, y):
    return ((x.unsqueeze(1) - y.unsqueeze(0)) ** 2).sum(-1)


def off_diagonal(matrix):
    keep = ~torch.eye(len(matrix), dtype=torch.bool)
    return matrix[keep].mean()


def plain_mmd2(x, y, k):
    return off_diagonal(k(x, x)) + off_diagonal(k(y, y)) - 2 * k(x, y).mean()


def gaussian(x, y):
    return sum(torch.exp(-plain_distance2(x, y) / (2 * 4.0**i)) for i in range(5))


def rq(x, y):
    squared = plain_distance2(x, y)
    return x @ y.T + sum((1 + squared / (2 * a)) ** (-a) for a in (0.2, 0.5, 1.0, 2.0, 5.0))


def energy(x, y):
    """2 E|x - y| - E|x - x'| - E|y - y'|, without the pairs of a sample with itself."""

    def pairs(a, b):
        return torch.stack([(p - q).norm() for p in a for q in b])

    def within(a):
        return torch.stack([(p - q).norm() for i, p in enumerate(a) for q in a[:i]]).mean()

    return 2 * pairs(x, y).mean() - within(x) - within(y)


def entropic(x, y):
    """Sinkhorn's scaling iterations without logarithms."""
    cost = plain_distance2(x, y)
    kernel = torch.exp(-cost)
    n, m = cost.shape
    b = torch.ones(m, dtype=cost.dtype)
    for _ in range(20):
        a = (1 / n) / (kernel @ b)
        b = (1 / m) / (kernel.T @ a)
    return (a[:, None] * kernel * b * cost).sum()


def sinkhorn(x, y):
    return entropic(x, y) - 0.5 * entropic(x, x) - 0.5 * entropic(y, y)


def pull_away(codes):
    n = len(codes)
    total = 0.0
    for i in range(n):
        for j in range(n):
            if i != j:
                cosine = codes[i] @ codes[j] / (codes[i].norm() * codes[j].norm())
                total = total + cosine**2
    return total / (n * (n - 1))


def top_half(values, logits):
    return values[torch.sort(logits, descending=True).indices[: len(logits) // 2]].mean()


def mean_d(r, f):
    return (f - r).mean()


NS = (lambda r, f: (sp(-r) + sp(f)).mean(), lambda r, f: sp(-f).mean())
WASSERSTEIN = (mean_d, lambda r, f: -f.mean())
HINGE = (lambda r, f: (relu(1 - r) + relu(1 + f)).mean(), lambda r, f: -f.mean())
SQUARES = (
    lambda r, f: ((r - 1) ** 2 / 2 + f**2 / 2).mean(),
    lambda r, f: ((f - 1) ** 2 / 2).mean(),
)
INFERENCE = (NS[0], lambda r, f: (sp(-f) + sp(r)).mean())
NOTHING = (NS[0], lambda r, f: 0 * f.sum())  # the rest is a term, checked below
SMALL = math.log(2)
EXTRA = {
    "began": {"k": 0.3},
    "lecam": {"real": 0.7, "fake": -0.2, "weight": 0.3},
    "top-k": {"share": 0.5},
}
FORMULAS = {
    "minimax": (NS[0], lambda r, f: (-sp(f)).mean()),
    **dict.fromkeys(
        ["ns", "dragan", "ns-gp", "sn-ns", "ns-r1", "ns-r2", "ns-r1r2", "jsreg", "instance-noise",
         "bcr", "minibatch-std", "pacgan-2", "pacgan-3", "pacgan-4", "unrolled-5", "unrolled-10"],
        NS,
    ),
    **dict.fromkeys(["wgan", "wgan-gp", "wgan-lp", "wgan-div", "wgan-0gp", "sn-wgan"], WASSERSTEIN),
    **dict.fromkeys(["hinge", "sn-hinge"], HINGE),
    **dict.fromkeys(["lsgan", "lsgan-gp"], SQUARES),
    **dict.fromkeys(["ali", "veegan"], INFERENCE),
    **dict.fromkeys(["feature-matching", "sliced-wgan"], NOTHING),
    "rpgan-r1r2": (lambda r, f: sp(f - r).mean(), lambda r, f: sp(r - f).mean()),
    "rsgan": (
        lambda r, f: -torch.log(torch.sigmoid(r - f)).mean(),
        lambda r, f: -torch.log(torch.sigmoid(f - r)).mean(),
    ),
    "rasgan": (
        lambda r, f: (sp(-(r - f.mean())) + sp(f - r.mean())).mean(),
        lambda r, f: (sp(-(f - r.mean())) + sp(r - f.mean())).mean(),
    ),
    "ralsgan": (
        lambda r, f: ((r - f.mean() - 1) ** 2 + (f - r.mean() + 1) ** 2).mean(),
        lambda r, f: ((f - r.mean() - 1) ** 2 + (r - f.mean() + 1) ** 2).mean(),
    ),
    "rahinge": (
        lambda r, f: (relu(1 - (r - f.mean())) + relu(1 + (f - r.mean()))).mean(),
        lambda r, f: (relu(1 - (f - r.mean())) + relu(1 + (r - f.mean()))).mean(),
    ),
    "fgan-kl": (lambda r, f: (torch.exp(f - 1) - r).mean(), lambda r, f: -f.mean()),
    "fgan-rkl": (
        lambda r, f: (torch.exp(-r) + f - 1).mean(),
        lambda r, f: torch.exp(-f).mean(),
    ),
    "fgan-pearson": (lambda r, f: (f**2 / 4 + f - r).mean(), lambda r, f: -f.mean()),
    "fgan-hellinger": (
        lambda r, f: (torch.exp(-r) - 1 + torch.exp(f) - 1).mean(),
        lambda r, f: (torch.exp(-f) - 1).mean(),
    ),
    "fgan-js": (
        lambda r, f: (sp(-r) - SMALL + sp(f) - SMALL).mean(),
        lambda r, f: (sp(-f) - SMALL).mean(),
    ),
    "softmax-gan": (
        lambda r, f: -torch.log(r.exp() / (r.exp().sum() + f.exp().sum())).mean(),
        lambda r, f: -torch.log(torch.cat([r, f]).exp() / (r.exp().sum() + f.exp().sum())).mean(),
    ),
    "ebgan": (lambda r, f: (r + relu(10 - f)).mean(), lambda r, f: f.mean()),
    "ebgan-pt": (
        lambda r, f: (r[:, 0] + relu(10 - f[:, 0])).mean(),
        lambda r, f: f[:, 0].mean() + 0.1 * pull_away(f[:, 1:]),
    ),
    "began": (lambda r, f: (r - 0.3 * f).mean(), lambda r, f: f.mean()),
    "lecam": (
        lambda r, f: (sp(-r) + sp(f) + 0.3 * ((r + 0.2) ** 2 + (f - 0.7) ** 2)).mean(),
        NS[1],
    ),
    "top-k": (NS[0], lambda r, f: top_half(sp(-f), f)),
    "mmd-gan": (lambda r, f: -plain_mmd2(r, f, gaussian), lambda r, f: plain_mmd2(r, f, gaussian)),
    "mmd-gan-gp": (lambda r, f: -plain_mmd2(r, f, rq), lambda r, f: plain_mmd2(r, f, rq)),
    "cramer-gan": (lambda r, f: -energy(r, f), energy),
    "sinkhorn-gan": (lambda r, f: -sinkhorn(r, f), sinkhorn),
}  # fmt: skip
# Their conjugates grow exponentially: no finite value for a logit of 10^4.
UNBOUNDED = {"fgan-kl", "fgan-rkl", "fgan-hellinger"}


def given(subject, logits):
    """Return what a loss of ``subject`` is called with."""
    extra = {k: torch.tensor(v, dtype=logits.dtype) for k, v in EXTRA.get(subject, {}).items()}
    return (extra,) if registry.get("variant", subject).extra else ()


def outputs(subject, rows, dtype=torch.float64):
    """Return random outputs of a discriminator, ``[2, rows]`` or ``[2, rows, K]``."""
    k = registry.get("variant", subject).d_outputs
    return torch.randn(2, rows, *([k] if k > 1 else []), dtype=dtype)


def test_every_variant_has_a_formula_here():
    assert {v.name for v in VARIANTS} == set(FORMULAS)


@pytest.mark.parametrize("subject", FORMULAS)
def test_losses_and_their_gradients_equal_hand_written_formulas(subject):
    variant = registry.get("variant", subject)
    torch.manual_seed(0)
    logits = (1 if variant.d_outputs > 1 else 3) * outputs(subject, 16)
    for ours, formula in zip((variant.d_loss, variant.g_loss), FORMULAS[subject], strict=True):
        a, b = (logits.clone().requires_grad_(True) for _ in range(2))
        x, y = ours(*a, *given(subject, logits)), formula(*b)
        x.backward()
        y.backward()
        torch.testing.assert_close(x, y, rtol=1e-8, atol=1e-12)
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("subject", FORMULAS)
def test_only_declared_generator_losses_read_the_real_logits(subject):
    variant = registry.get("variant", subject)
    torch.manual_seed(0)
    real, fake = (x.clone().requires_grad_() for x in outputs(subject, 8))
    value = variant.g_loss(real, fake, *given(subject, real))
    (grad,) = torch.autograd.grad(value, real, allow_unused=True)
    reads = grad is not None and bool((grad != 0).any())
    assert (reads or bool(variant.terms)) == variant.g_reads_real


@pytest.mark.parametrize("subject", FORMULAS)
def test_losses_stay_finite_for_huge_logits(subject):
    variant = registry.get("variant", subject)
    huge = torch.tensor([1e4, -1e4, 80.0, -80.0])
    if variant.d_outputs > 1:
        huge = huge[:, None] * torch.ones(variant.d_outputs)
    losses = {"d": variant.d_loss, "g": variant.g_loss}
    finite = {
        key: all(
            bool(torch.isfinite(loss(real, fake, *given(subject, real))))
            for real, fake in ((huge, -huge), (-huge, huge))
        )
        for key, loss in losses.items()
    }
    assert all(finite.values()) != (subject in UNBOUNDED)


@pytest.mark.parametrize("subject", [v.name for v in VARIANTS if v.pointwise])
def test_pointwise_losses_are_means_over_samples(subject):
    """What top-k training relies on."""
    variant = registry.get("variant", subject)
    torch.manual_seed(0)
    real, fake = outputs(subject, 6)
    extra = {"share": torch.tensor(1.0)} if subject == "top-k" else {}
    more = ({**given(subject, real)[0], **extra},) if variant.extra else ()
    for loss in (variant.d_loss, variant.g_loss):
        each = [loss(real[i : i + 1], fake[i : i + 1], *more) for i in range(6)]
        torch.testing.assert_close(loss(real, fake, *more), torch.stack(each).mean())


def gaussian_pair(shift):
    """Return points, weights, both densities: integrals over N(0, 1) and N(shift, 1) in float64."""
    x = torch.linspace(-12, 12, 48_001, dtype=torch.float64)
    step = x[1] - x[0]
    p = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    q = torch.exp(-((x - shift) ** 2) / 2) / math.sqrt(2 * math.pi)
    return x, step, p, q


@pytest.mark.parametrize("shift", [0.0, 0.3, 0.7])
@pytest.mark.parametrize(
    ("subject", "logit", "divergence"),
    [  # the optimal logit from the density ratio p/q (Nowozin 2016, tables 2 and 6), and D(P, Q)
        ("fgan-kl", lambda u: 1 + torch.log(u), lambda s: s**2 / 2),
        ("fgan-rkl", torch.log, lambda s: s**2 / 2),
        ("fgan-pearson", lambda u: 2 * (u - 1), lambda s: math.exp(s**2) - 1),
        ("fgan-hellinger", lambda u: torch.log(u) / 2, lambda s: 2 - 2 * math.exp(-(s**2) / 8)),
    ],
)
def test_f_gans_reach_the_divergence_at_the_optimal_discriminator(
    subject, logit, divergence, shift
):
    variant = registry.get("variant", subject)
    x, step, p, q = gaussian_pair(shift)
    v = logit(p / q)
    value = -integral(variant.d_loss, v, p * step, q * step)
    assert value == pytest.approx(divergence(shift), abs=1e-8)


def integral(d_loss, v, p, q):
    """Return E_p of the real side and E_q of the fake side of a pointwise loss."""
    at_zero = torch.zeros_like(v[:1])
    both = float(d_loss(at_zero, at_zero))
    real = torch.func.vmap(lambda a: d_loss(a[None], at_zero))(v) - both
    fake = torch.func.vmap(lambda a: d_loss(at_zero, a[None]))(v) - both
    return float((real * p).sum() + (fake * q).sum() + both)


@pytest.mark.parametrize("subject", ["ns", "fgan-js"])
def test_the_logistic_loss_reaches_the_jensen_shannon_divergence(subject):
    """2 JS(P, Q) = -E d_loss at the optimal logit log p/q, less 2 log 2 for the plain loss."""
    variant = registry.get("variant", subject)
    x, step, p, q = gaussian_pair(0.7)
    m = (p + q) / 2
    js2 = float(((p * torch.log(p / m) + q * torch.log(q / m)) * step).sum())
    value = -integral(variant.d_loss, torch.log(p / q), p * step, q * step)
    offset = 2 * math.log(2) if subject == "ns" else 0.0
    assert value + offset == pytest.approx(js2, abs=1e-8)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.name)
def test_every_variant_cites_its_paper_and_shows_its_equation(variant):
    assert variant.paper.title and variant.paper.year >= 2014 and variant.paper.arxiv
    assert "D:" in variant.equation and "G:" in variant.equation and variant.family


def double_backward(d, x, reduce):
    x = x.clone().requires_grad_(True)
    (slope,) = torch.autograd.grad(d(x).sum(), x, create_graph=True)
    return reduce(slope.flatten(1))


def plainly_moved(x, down, right, flip):
    """Pixel by pixel: moved by up to an eighth of a side, edges repeated, half mirrored."""
    found = torch.empty_like(x)
    height, width = x.shape[2:]
    for b in range(len(x)):
        dy, dx = (
            int(u[b]) - side // 8
            for u, side in (
                ((down * (2 * (height // 8) + 1)).floor().flatten(), height),
                ((right * (2 * (width // 8) + 1)).floor().flatten(), width),
            )
        )
        for i in range(height):
            for j in range(width):
                row = min(max(i + dy, 0), height - 1)
                column = min(max(j + dx, 0), width - 1)
                if float(flip[b]) < 0.5:
                    column = width - 1 - column
                found[b, :, i, j] = x[b, :, row, column]
    return found


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
    "consistency": lambda d, r, f, n: sum(
        ((d(x) - d(plainly_moved(x, *(n[k][i] for k in ("down", "right", "flip"))))) ** 2).mean()
        for i, x in enumerate((r, f))
    ),
    "r1": lambda d, r, f, n: double_backward(d, r, lambda s: 0.5 * (s**2).sum(1).mean()),
    "r2": lambda d, r, f, n: double_backward(d, f, lambda s: 0.5 * (s**2).sum(1).mean()),
}  # fmt: skip
MODIFIERS = registry.items("modifier")
PENALTIES = {
    p.function.__name__: p
    for v in [*VARIANTS, *MODIFIERS]
    for p in v.penalties
    if not isinstance(v, Variant) or v.d_outputs == 1
}


def test_every_penalty_has_a_reference_here():
    assert set(PENALTIES) == set(REFERENCES)


@pytest.mark.parametrize("name", REFERENCES)
def test_penalties_equal_double_backward(name):
    torch.manual_seed(0)
    shape = (1, 8, 16)
    d = nn.Sequential(nn.Flatten(1), nn.Linear(128, 9), nn.Tanh(), nn.Linear(9, 1), nn.Flatten(0))
    d = d.double()
    real, fake = 0.3 * torch.randn(2, 5, *shape, dtype=torch.float64)
    noise = {
        key: torch.rand(spec.shape, dtype=torch.float64)
        for key, spec in PENALTIES[name].noise(5, shape).items()
    }
    grads = []
    for function in (PENALTIES[name].function, REFERENCES[name]):
        value = function(d, real, fake, noise)
        grads.append([value, *torch.autograd.grad(value, [*d.parameters()][:-1])])
    for ours, theirs in zip(*grads, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize(
    ("subject", "kernel"),
    [("mmd-gan-gp", rq), ("cramer-gan", lambda a, b: -plain_distance2(a, b).sqrt())],
)
def test_witness_penalties_equal_double_backward(subject, kernel):
    torch.manual_seed(0)
    d = nn.Sequential(nn.Linear(3, 9), nn.Tanh(), nn.Linear(9, 4)).double()
    real, fake = torch.randn(2, 5, 3, dtype=torch.float64)
    noise = {"epsilon": torch.rand(5, 1, dtype=torch.float64)}

    def critic(x):
        h = d(x)
        return kernel(h, d(real)).mean(1) - kernel(h, d(fake)).mean(1)

    (penalty,) = registry.get("variant", subject).penalties
    ours = penalty.function(d, real, fake, noise)
    theirs = double_backward(
        critic,
        noise["epsilon"] * real + (1 - noise["epsilon"]) * fake,
        lambda s: ((s.norm(dim=1) - 1) ** 2).mean(),
    )
    torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-12)
    weights = [*d.parameters()][:-1]  # the last bias moves all vectors alike
    for a, b in zip(*(torch.autograd.grad(v, weights) for v in (ours, theirs)), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-8, atol=1e-12)


def test_transport_between_batches_equals_pot():
    import ot

    from ganbench.divergences import sinkhorn_divergence, sliced_wasserstein2

    torch.manual_seed(0)
    x, y = torch.randn(2, 24, 3, dtype=torch.float64, requires_grad=True)
    directions = torch.randn(50, 3, dtype=torch.float64)
    unit = (directions / directions.norm(dim=1, keepdim=True)).T
    ours = sliced_wasserstein2(x, y, directions)
    theirs = ot.sliced_wasserstein_distance(x, y, projections=unit, p=2) ** 2
    torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=0)
    weights = torch.full((24,), 1 / 24, dtype=torch.float64)

    def cost(a, b):
        return ot.sinkhorn2(
            weights, weights, ot.dist(a, b), 1.0, method="sinkhorn_log", numItermax=20_000,
            stopThr=1e-13,
        )  # fmt: skip

    ours = sinkhorn_divergence(x, y, epsilon=1.0, iterations=5_000)
    theirs = cost(x, y) - (cost(x, x) + cost(y, y)) / 2
    torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=0)


def test_divergences_have_their_invariants():
    from ganbench import divergences as div

    torch.manual_seed(0)
    x, y = torch.randn(2, 16, 3, dtype=torch.float64)
    directions = torch.randn(50, 3, dtype=torch.float64)
    assert float(div.sinkhorn_divergence(x, x)) == pytest.approx(0, abs=1e-12)
    assert float(div.sliced_wasserstein2(x, x[torch.randperm(16)], directions)) < 1e-20
    for function in (
        lambda a, b: div.sinkhorn_divergence(a, b, iterations=2_000),
        lambda a, b: div.sliced_wasserstein2(a, b, directions),
        lambda a, b: div.mmd2(a, b, div.rational_quadratic),
    ):
        assert float(function(x, y)) == pytest.approx(float(function(y, x)), rel=1e-9)
    shift = torch.tensor([3.0, 0.0, 0.0], dtype=torch.float64)
    assert float(div.sinkhorn_divergence(x, x + shift, 1.0, 5_000)) == pytest.approx(9, rel=1e-6)


def test_terms_of_the_generator_equal_their_formulas():
    """Feature matching, sliced features and VEEGAN's reconstruction, on small networks."""
    from ganbench import terms

    torch.manual_seed(0)
    h, f = nn.Linear(3, 4).double(), nn.Linear(3, 2).double()
    g = nn.Linear(2, 3).double()
    real = torch.randn(6, 3, dtype=torch.float64)
    z = torch.randn(6, 2, dtype=torch.float64)
    noise = {"z": z, "directions": torch.eye(4, dtype=torch.float64)}

    def player(x, encode=False):
        return f(x) if encode else g(x)

    def d(x, features=False):
        assert features
        return h(x)

    found = terms.feature_matching(player, d, real, g(z), noise)
    expected = ((h(real).mean(0) - h(g(z)).mean(0)) ** 2).sum()
    torch.testing.assert_close(found, expected, rtol=1e-8, atol=0)
    found = terms.sliced_features(player, d, real, g(z), noise)
    gaps = [h(real)[:, k].sort().values - h(g(z))[:, k].sort().values for k in range(4)]
    torch.testing.assert_close(found, torch.stack(gaps).square().mean(), rtol=1e-8, atol=0)
    found = terms.latent_reconstruction(player, d, real, g(z), noise)
    torch.testing.assert_close(found, (z - f(g(z))).norm(dim=1).square().mean())


def test_extras_follow_their_rules():
    began = registry.get("variant", "began").extra
    values = {key: torch.tensor(v) for key, v in began.values.items()}
    k = began.init()["k"]
    assert float(k) == 0
    new = began.update({**values, "k": torch.tensor(0.5)}, torch.tensor(2.0), torch.tensor(0.3))
    assert float(new["k"]) == pytest.approx(0.5 + 1e-3 * (0.75 * 2.0 - 0.3))
    low = began.update({**values, "k": k}, torch.tensor(0.0), torch.tensor(5.0))
    assert float(low["k"]) == 0
    lecam = registry.get("modifier", "lecam").extra
    given = {"decay": torch.tensor(0.99), "real": torch.tensor(1.0), "fake": torch.tensor(-1.0)}
    new = lecam.update(given, torch.tensor(2.0), torch.tensor(0.0))
    assert float(new["real"]) == pytest.approx(1.01)
    assert float(new["fake"]) == pytest.approx(-0.99)


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
        ("began+lecam", "has balance in its losses already"),
        ("mmd-gan+r1", "has no logits to penalise"),
        ("ali+pack2", "shows its discriminator more than samples"),
        ("rasgan+top-k", "rasgan has no loss for each sample"),
        ("ebgan+top-k", "ebgan has no logits of samples to rank"),
        ("veegan+top-k", "veegan has no logits of samples to rank"),
        ("ebgan-pt+lecam", "has no logits to regularise"),
        ("ns+", "unknown modifier ''"),
    ],
)
def test_compositions_that_do_not_fit_are_refused(name, message):
    with pytest.raises(UsageError, match=message.replace("+", r"\+")):
        registry.get("variant", name)


def test_groups_are_not_called_like_variants():
    known = groups()
    assert not {"all", *known} & set(registry.names("variant"))
    assert not {"all", *known} & {n.partition("+")[0] for n in registry.names("modifier")}
    assert {"core", "wasserstein", "relativistic", "f-divergence"} <= set(known)
    assert [v.name for v in choose_variants(("core",))] == [v.name for v in known["core"]]
    assert not registry.get("variant", "ns+r1").core


def test_families_and_lists_of_variants():
    def names(*given):
        return [variant.name for variant in choose_variants(given)]

    members = ["wgan", "wgan-0gp", "wgan-div", "wgan-gp", "wgan-lp"]
    assert names("wasserstein") == members
    assert names("ns+sn+r1,ns,ns+r1+sn", "ns") == ["ns+r1+sn", "ns"]
    assert names("all") == registry.names("variant")


@pytest.mark.parametrize("modifier", registry.names("modifier"))
def test_every_modifier_trains_and_a_lane_equals_its_solo_run(modifier):
    images = "images" in registry.get("modifier", modifier).requires
    where = {"dataset": "digits", "arch": "dcgan:width=4"} if images else {"dataset": "ring2d"}

    def population(seeds, backend="eager", name=f"ns+{modifier}"):
        return ganbench.train(
            name, seeds=seeds, steps=4, batch=128, dtype="float64", backend=backend, **where
        )

    together, solo, loop = population([0, 1]), population([1]), population([1], "loop")
    for part, params in solo.params(1).items():
        for key, value in params.items():
            torch.testing.assert_close(together.params(1)[part][key], value, rtol=0, atol=1e-9)
            torch.testing.assert_close(loop.params(1)[part][key], value, rtol=0, atol=1e-9)
    plain = population([1], name="ns")
    if plain.params(1)["d"].keys() == solo.params(1)["d"].keys() and "pack" not in modifier:
        moved = [
            not torch.equal(v, plain.params(1)["d"][k]) for k, v in solo.params(1)["d"].items()
        ]
        assert any(moved)
    assert all(np.isfinite(v).all() for v in solo.history(1).values())


def test_spectral_normalisation_leaves_a_matrix_of_zeros_until_it_moves():
    constraint = registry.get("modifier", "sn").constraint
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
