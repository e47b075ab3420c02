"""Penalties against torch's own double backward.

To add a penalty: its function, and a row in ``REFERENCES`` that computes it by
``double_backward(d, points, reduce)``; ``n`` holds the noise that the penalty declares.
"""

from dataclasses import replace

import pytest
import torch
from torch import nn

from ganbench.core import registry
from ganbench.core.kinds import Penalty, Variant
from tests.methods._helpers import MODIFIERS, VARIANTS, double_backward, plain_distance2, rq
from tests.training._helpers import make


def plainly_moved(x, down, right):
    """Pixel by pixel: moved by up to an eighth of a side, edges repeated, none mirrored."""
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
        ((d(x) - d(plainly_moved(x, *(n[k][i] for k in ("down", "right"))))) ** 2).mean()
        for i, x in enumerate((r, f))
    ),
    "r1": lambda d, r, f, n: double_backward(d, r, lambda s: 0.5 * (s**2).sum(1).mean()),
    "r2": lambda d, r, f, n: double_backward(d, f, lambda s: 0.5 * (s**2).sum(1).mean()),
}  # fmt: skip
PENALTIES = {
    p.name: p
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


@pytest.mark.parametrize("name", REFERENCES)
def test_penalties_declare_uniform_noise(name):
    noise = PENALTIES[name].noise(5, (1, 8, 16))
    assert {spec.kind for spec in noise.values()} <= {"uniform"}


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

    (penalty,) = registry.variants.get(subject).penalties
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


def test_gradient_penalty_of_a_flat_critic_is_one_and_finite():
    weight = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    noise = {"epsilon": torch.rand(4, 1, dtype=torch.float64)}
    real, fake = torch.randn(2, 4, 3, dtype=torch.float64)
    value = PENALTIES["gradient_penalty"].function(lambda x: x @ weight, real, fake, noise)
    (grad,) = torch.autograd.grad(value, weight)
    assert float(value) == 1 and torch.isfinite(grad).all()


def test_dragan_moves_the_image_and_not_the_label():
    """The deviation is that of the image's channels, however many planes of labels there are."""
    torch.manual_seed(0)
    image, planes = torch.randn(6, 1, 8, 8), torch.eye(6)[:, :, None, None].expand(6, 6, 8, 8)
    real, seen = torch.cat([image, planes], dim=1), []

    def d(x):
        seen.append(x.detach())
        return x[:, 0].square().sum((1, 2))

    noise = {"epsilon": torch.rand(6, 1, 1, 1), "shift": torch.rand(6, 7, 8, 8)}
    labelled = {**noise, "images": torch.tensor([1.0, *[0.0] * 6])[:, None, None]}
    value = PENALTIES["dragan_penalty"].function(d, real, real, labelled)
    assert torch.equal(seen[0][:, 1:], planes) and not torch.equal(seen[0][:, :1], image)
    alone = {**noise, "shift": noise["shift"][:, :1]}
    torch.testing.assert_close(value, PENALTIES["dragan_penalty"].function(d, image, image, alone))


def test_penalties_are_told_which_channels_are_labels():
    given = []

    def spy(d, real, fake, noise):
        given.append(noise.get("images"))
        return d(real).sum() * 0

    ns = registry.variants.get("ns")
    with registry.temporarily(replace(ns, name="spied", penalties=(Penalty(spy, weight=1.0),))):
        for name, arch, rows in (("spied", "dcgan-conditional", 1), ("spied", "dcgan", 0),
                                 ("spied+pack2", "dcgan-conditional", 2)):  # fmt: skip
            make(name, arch, [0], steps=1, options={"width": 4}, together=False).run(1)
            found = given.pop()
            wanted = None if not rows else [1.0, *[0.0] * 10] * rows
            assert (None if found is None else found.flatten().tolist()) == wanted
