"""Methods that compare clipped vectors see more than their means, at any scale of the vectors.

A discriminator with weights in [-0.01, 0.01] returns vectors that hardly differ. Kernels and
epsilons in absolute units then see the difference of the means alone.
"""

import pytest
import torch

from ganbench.core import registry

SCALES = (1e-6, 1e-3, 1.0, 1e3)


def vectors(scale):
    """Return vectors ``[2, 64, 17]`` with other means and other spreads; the first number is 0.

    Where that column is an error of decoding there is none.
    """
    rng = torch.Generator().manual_seed(0)
    real, fake = torch.randn(2, 64, 16, generator=rng, dtype=torch.float64)
    sides = torch.stack([real, 0.7 * fake - 0.5]) * scale
    return torch.cat([torch.zeros_like(sides[..., :1]), sides], dim=2)


def matched_means(real, fake):
    return (real.mean(0) - fake.mean(0)).square().sum()


def slope(loss, real, fake):
    fake = fake.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(real, fake), fake)
    return gradient[:, 1:]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("subject", ["mmd-gan", "sinkhorn-gan"])
def test_the_generator_learns_more_than_means(subject, scale):
    g_loss = registry.variants.get(subject).g_loss
    ours, means = (slope(loss, *vectors(scale)) for loss in (g_loss, matched_means))
    assert float((ours * means).sum() / (ours.norm() * means.norm())) < 0.9
    assert float(ours.norm()) * scale == pytest.approx(float(slope(g_loss, *vectors(1)).norm()))


@pytest.mark.parametrize("subject", ["mmd-gan", "sinkhorn-gan"])
def test_losses_do_not_change_with_the_scale_of_the_vectors(subject):
    variant = registry.variants.get(subject)
    for loss in (variant.d_loss, variant.g_loss):
        values = [float(loss(*vectors(scale))) for scale in SCALES]
        assert values == pytest.approx([values[0]] * len(values), rel=1e-9)


@pytest.mark.parametrize("subject", ["mmd-gan", "sinkhorn-gan"])
def test_equal_vectors_have_finite_losses_and_gradients(subject):
    variant = registry.variants.get(subject)
    same = torch.ones(8, 17)
    assert torch.isfinite(slope(variant.g_loss, same, same)).all()
