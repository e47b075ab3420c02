"""The loops to compare with: the plain one is a step by hand, the careful one makes the same."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from ganbench.archs._layers import Dropout
from ganbench.bench.loops import Loop
from ganbench.core import registry
from ganbench.core.kinds import Data

BATCH, RATE = 8, 0.1


def points():
    rng = np.random.default_rng(0)
    return Data(rng.standard_normal((64, 2)).astype(np.float32), np.zeros((1, 2)), "")


def images():
    data = registry.datasets.get("digits").load(None)
    return Data(data.train[:64], data.test[:1], "")


def smooth(optimiser):
    """Make Adam nearly linear in the gradient, whose rounding noise it would else blow up."""
    for group in optimiser.param_groups:
        group.update(eps=1.0, lr=RATE)


def started(name, arch, data, careful, like=None):
    """Return a loop with the weights of ``like``."""
    torch.manual_seed(1)
    loop = Loop(name, arch, data, BATCH, careful)
    if like is not None:
        loop.g.load_state_dict(like.g.state_dict())
        loop.d.load_state_dict(like.d.state_dict())
    smooth(loop.g_optimiser)
    smooth(loop.d_optimiser)
    return loop


def weights(loop):
    return [p.detach().clone() for network in (loop.g, loop.d) for p in network.parameters()]


def assert_same_move(ours, theirs, before):
    """Compare what was added to each weight, beside the largest of its tensor."""
    assert max(float((b - c).abs().max()) for b, c in zip(theirs, before, strict=True)) > 1e-3
    for a, b, c in zip(ours, theirs, before, strict=True):
        moved = float((b - c).abs().max())
        assert float((a - b).abs().max()) <= 0.01 * moved + 1e-6


def by_hand(g, d, name, data, steps):
    """Train both networks as a textbook writes it; return the losses of the last step."""
    betas = {"ns": (0.5, 0.999), "wgan-gp": (0.0, 0.9)}[name]
    optimisers = [torch.optim.Adam(m.parameters(), RATE, betas, eps=1.0) for m in (g, d)]
    bce, one, zero = F.binary_cross_entropy_with_logits, torch.ones(BATCH), torch.zeros(BATCH)
    for _ in range(steps):
        for _ in range({"ns": 1, "wgan-gp": 5}[name]):
            real = torch.tensor(data.train)[torch.randint(len(data.train), (BATCH,))]
            fake = g(torch.randn(BATCH, 2)).detach()
            r, f = d(real).flatten(), d(fake).flatten()
            if name == "ns":
                d_loss = bce(r, one) + bce(f, zero)
            else:
                mix = torch.rand(BATCH, 1)
                between = (mix * real + (1 - mix) * fake).requires_grad_()
                (slope,) = torch.autograd.grad(d(between).sum(), between, create_graph=True)
                penalty = ((slope.square().sum(1).sqrt() - 1) ** 2).mean()
                d_loss = f.mean() - r.mean() + 10 * penalty
            d.zero_grad()
            d_loss.backward()
            optimisers[1].step()
        f = d(g(torch.randn(BATCH, 2))).flatten()
        g_loss = bce(f, one) if name == "ns" else -f.mean()
        g.zero_grad()
        g_loss.backward()
        optimisers[0].step()
    return d_loss.item(), g_loss.item()


@pytest.mark.parametrize("name", ["ns", "wgan-gp"])
def test_the_plain_loop_is_a_step_written_by_hand(name):
    data = points()
    loop = started(name, "toy", data, careful=False)
    other = started(name, "toy", data, careful=False, like=loop)
    before = weights(loop)
    torch.manual_seed(0)
    losses = loop.run(2)
    torch.manual_seed(0)
    wanted = by_hand(other.g, other.d, name, data, 2)
    assert losses == pytest.approx(wanted, rel=1e-5)
    assert_same_move(weights(loop), weights(other), before)


@pytest.mark.parametrize("name", ["ns", "wgan-gp"])
@pytest.mark.parametrize(("arch", "data"), [("toy", points), ("dcgan:width=4", images)])
def test_the_careful_loop_makes_the_same_update(name, arch, data):
    plain = started(name, arch, data(), careful=False)
    careful = started(name, arch, data(), careful=True, like=plain)
    assert careful.one_pass and careful.g_optimiser.defaults["fused"]
    before = weights(plain)
    for loop in (plain, careful):
        torch.manual_seed(0)
        loop.run(2)
    assert_same_move(weights(careful), weights(plain), before)


def test_dropout_is_torchs_own_and_at_work():
    loop = Loop("ns", "mlp-classic", images(), BATCH, careful=False)
    layers = list(loop.d.modules())
    assert any(isinstance(layer, nn.Dropout) and layer.training for layer in layers)
    assert not any(isinstance(layer, Dropout) for layer in layers)


def test_options_of_an_architecture_reach_the_loop():
    narrow = Loop("ns", "toy:width=16", points(), BATCH, careful=False)
    assert {tuple(p.shape) for p in narrow.d.parameters()} >= {(16, 2), (16, 16)}


def test_torchs_own_layers_have_the_same_weights_and_outputs():
    """So that a loop trains the same networks, with what a user would write."""
    from ganbench.archs._layers import FromImage, ToImage
    from ganbench.bench.loops import ordinary

    networks = registry.archs.get("dcgan").build((1, 28, 28))
    z, x = torch.randn(4, 100), torch.randn(4, 1, 28, 28)
    networks.generator.train()
    before = networks.generator(z), networks.discriminator(x)
    g, d = ordinary(networks.generator), ordinary(networks.discriminator)
    for found, expected in zip((g(z), d(x)), before, strict=True):
        torch.testing.assert_close(found, expected)
    layers = [*g.modules(), *d.modules()]
    assert not any(isinstance(layer, ToImage | FromImage) for layer in layers)
    assert any(isinstance(layer, torch.nn.ConvTranspose2d) for layer in layers)
