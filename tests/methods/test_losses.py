"""Losses at the optimal discriminator reach the divergences that their papers say."""

import math

import pytest
import torch

from ganbench.core import registry
from ganbench.methods import losses
from ganbench.methods.zoo.alpha_gan import alpha_loss


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
    variant = registry.variants.get(subject)
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
    variant = registry.variants.get(subject)
    x, step, p, q = gaussian_pair(0.7)
    m = (p + q) / 2
    js2 = float(((p * torch.log(p / m) + q * torch.log(q / m)) * step).sum())
    value = -integral(variant.d_loss, torch.log(p / q), p * step, q * step)
    offset = 2 * math.log(2) if subject == "ns" else 0.0
    assert value + offset == pytest.approx(js2, abs=1e-8)


def test_the_relativistic_average_form_compares_with_the_mean_of_the_other_side():
    """Jolicoeur-Martineau 2019, eq. 10 and 11, with a loss that tells its arguments apart."""

    def loss(r, f):
        return (2 * r + 3 * f).sum()

    r, f = torch.tensor([1.0, 3.0]), torch.tensor([0.0, 10.0])  # means 2 and 5
    assert float(losses.relative_d(loss)(r, f)) == 2 * (-4 - 2) + 3 * (-2 + 8)
    assert float(losses.relative_g(loss)(r, f)) == 2 * (-2 + 8) + 3 * (-4 - 2)


def test_a_loss_that_ignores_the_state_is_the_loss():
    r, f = torch.randn(2, 5)
    assert torch.equal(
        losses.ignoring_state(losses.hinge_d)(r, f, {"k": None}), losses.hinge_d(r, f)
    )


@pytest.mark.parametrize(
    ("subject", "plain"), [("alpha-gan", "ns"), ("alpha-gan-minimax", "minimax")]
)
def test_alpha_gans_at_one_are_the_original_gans_exactly(subject, plain):
    """Losses and gradients, equal to the last bit; one lane can have (1, 1) and another not."""
    torch.manual_seed(0)
    ours, theirs = registry.variants.get(subject), registry.variants.get(plain)
    one = torch.tensor(1.0)
    for dtype in (torch.float32, torch.float64):
        r, f = 5 * torch.randn(2, 32, dtype=dtype)
        for a, b in ((ours.d_loss, theirs.d_loss), (ours.g_loss, theirs.g_loss)):
            grads = [
                torch.func.grad_and_value(loss, argnums=(0, 1))(r, f)
                for loss in (lambda x, y, a=a: a(x, y, {"d": one, "g": one}), b)
            ]
            (ours_grad, ours_value), (their_grad, their_value) = grads
            assert torch.equal(ours_value, their_value)
            assert all(map(torch.equal, ours_grad, their_grad))
    lanes = {"d": torch.tensor([1.0, 0.5]), "g": torch.tensor([1.0, 2.0])}
    values = torch.func.vmap(lambda state: ours.d_loss(r, f, state))(lanes)
    assert float(values[0]) == float(theirs.d_loss(r, f)) != float(values[1])


@pytest.mark.parametrize(
    ("alpha", "loss"),
    [(0.5, lambda v: torch.exp(-v)), (1.0, lambda v: -torch.log(torch.sigmoid(v))),
     (math.inf, lambda v: 1 - torch.sigmoid(v))],
)  # fmt: skip
def test_an_alpha_loss_is_the_losses_that_are_known(alpha, loss):
    """Sypherd et al. 2022: exponential at 1/2, logistic at 1, the soft 0-1 loss at infinity."""
    v = torch.linspace(-4, 4, 33, dtype=torch.float64)
    torch.testing.assert_close(alpha_loss(v, torch.tensor(alpha).double()), loss(v))
