"""Every variant's losses against the formulas of ``formulas.py``, which tells how to add one."""

import pytest
import torch

from ganbench.core import registry
from tests.methods._helpers import VARIANTS
from tests.methods.formulas import FORMULAS, LOSS_STATE, UNBOUNDED


def given(subject, logits):
    """Return what a loss of ``subject`` is called with beside the logits."""
    state = {k: torch.tensor(v, dtype=logits.dtype) for k, v in LOSS_STATE.get(subject, {}).items()}
    return (state,) if registry.variants.get(subject).loss_state else ()


def outputs(subject, rows, dtype=torch.float64):
    """Return random outputs of a discriminator, ``[2, rows]`` or ``[2, rows, K]``."""
    k = registry.variants.get(subject).d_outputs
    return torch.randn(2, rows, *([k] if k > 1 else []), dtype=dtype)


def test_every_variant_has_a_formula():
    assert {v.name for v in VARIANTS} == set(FORMULAS)


@pytest.mark.parametrize("subject", FORMULAS)
def test_losses_and_their_gradients_equal_hand_written_formulas(subject):
    variant = registry.variants.get(subject)
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
    variant = registry.variants.get(subject)
    torch.manual_seed(0)
    real, fake = (x.clone().requires_grad_() for x in outputs(subject, 8))
    value = variant.g_loss(real, fake, *given(subject, real))
    (grad,) = torch.autograd.grad(value, real, allow_unused=True)
    reads = grad is not None and bool((grad != 0).any())
    assert (reads or bool(variant.generator_terms)) == variant.g_reads_real


@pytest.mark.parametrize("subject", FORMULAS)
def test_losses_stay_finite_for_huge_logits(subject):
    variant = registry.variants.get(subject)
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
    variant = registry.variants.get(subject)
    torch.manual_seed(0)
    real, fake = outputs(subject, 6)
    whole = {"share": torch.tensor(1.0)} if subject == "top-k" else {}
    more = ({**given(subject, real)[0], **whole},) if variant.loss_state else ()
    for loss in (variant.d_loss, variant.g_loss):
        each = [loss(real[i : i + 1], fake[i : i + 1], *more) for i in range(6)]
        torch.testing.assert_close(loss(real, fake, *more), torch.stack(each).mean())


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.name)
def test_every_variant_cites_its_paper_and_shows_its_equation(variant):
    assert variant.paper.title and variant.paper.year >= 2014
    assert variant.paper.arxiv or variant.paper.venue
    assert "D:" in variant.equation and "G:" in variant.equation and variant.family
