"""Layers and initial weights of the architectures against their papers."""

import math

import pytest
import torch
from torch import nn

from ganbench.archs import _residual
from ganbench.archs._layers import BatchNorm, BatchStatistics, Dropout, FromImage, NoisyLayer
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Networks, Noise
from ganbench.training.forward import module_noise
from ganbench.training.sampling import batch_statistics


def built(name, shape, **options):
    torch.manual_seed(0)
    arch = registry.archs.get(name)
    return arch.build(shape, outputs=1, **{**arch.options, **options})


def layers(module, kind):
    return [m for m in module.modules() if isinstance(m, kind)]


def test_sums_over_positions_are_sums():
    """SNGAN's global pooling adds (Miyato 2018, table 3); a mean would be 1/16 of it."""
    x = torch.randn(2, 3, 4, 4)
    assert torch.allclose(_residual.SumPool()(x), x.flatten(2).sum(2), atol=1e-5)
    discriminator = built("sngan-resnet", (3, 32, 32), width=8).discriminator
    assert layers(discriminator, _residual.SumPool)


@pytest.mark.parametrize("blocks", [1, 16])
def test_r3gan_blocks_start_by_fixup(blocks):
    """Std sqrt(2 / (1 + 0.2^2) / fan_in) times blocks^(-1/4), the last convolution at zero."""
    torch.manual_seed(0)
    block = _residual.Bottleneck(64, 16, blocks)
    for conv in (block.expand, block.spatial):
        fan_in = conv.weight[0].numel()
        wanted = math.sqrt(2 / 1.04 / fan_in) * blocks**-0.25
        assert float(conv.weight.detach().std()) == pytest.approx(wanted, rel=0.05)
    assert not block.project.weight.any()
    x = torch.randn(2, 64, 4, 4)
    assert torch.equal(block(x), x)  # so that a block is the identity at first


def test_r3gan_counts_its_blocks():
    wide = built("r3gan-small", (1, 28, 28), width=16)
    for network in (wide.generator, wide.discriminator):
        blocks = layers(network, _residual.Bottleneck)
        first = blocks[0].expand.weight
        wanted = math.sqrt(2 / 1.04 / first[0].numel()) * len(blocks) ** -0.25
        assert float(first.detach().std()) == pytest.approx(wanted, rel=0.1)


@pytest.mark.parametrize("name", ["dcgan", "mlp-classic"])
def test_discriminators_leak_a_fifth(name):
    """LeakyReLU 0.2: Radford 2015, section 3."""
    found = layers(built(name, (1, 28, 28)).discriminator, nn.LeakyReLU)
    assert found and {layer.negative_slope for layer in found} == {0.2}


def test_dcgan_starts_its_discriminator_as_he_for_that_slope():
    head = built("dcgan", (1, 28, 28), width=64).discriminator.head.weight
    assert float(head.detach().std()) == pytest.approx(
        math.sqrt(2 / 1.04 / head.shape[1]), rel=0.05
    )


def test_mlp_bn_is_the_published_one():
    """G: 4 x 400 with BatchNorm and ReLU; D: 3 x 200 maxout of 5; weights N(0, 0.02)."""
    pair = built("mlp-bn", (2,))
    g = layers(pair.generator, nn.Linear)
    assert [layer.out_features for layer in g] == [400, 400, 400, 400, 2]
    assert len(layers(pair.generator, BatchNorm)) == 4
    d = [layer.out_features for layer in layers(pair.discriminator, nn.Linear)]
    assert d == [1000, 1000, 1000, 1]
    assert float(g[1].weight.detach().std()) == pytest.approx(0.02, rel=0.05)
    assert pair.latent == Noise("normal", (2,))


def test_a_layer_of_somebody_elses_with_our_words_is_not_taken_for_ours():
    """StyleGAN's layers have an attribute ``noise``; others have ``statistics``."""

    class Theirs(nn.Module):
        noise = 0.1
        statistics = "theirs"

        def forward(self, x):
            return x

    network = nn.Sequential(nn.Linear(2, 2), Theirs())
    assert module_noise(network, 4) == {}
    assert batch_statistics(network, dict(network.named_parameters()), torch.randn(8, 2)) == {}
    ours = nn.Sequential(Dropout(3, 0.5), BatchNorm(3))
    assert module_noise(ours, 4) == {"0.keep": Noise("keep", (4, 3), 0.5)}
    assert isinstance(ours[0], NoisyLayer) and isinstance(ours[1], BatchStatistics)


def test_what_a_pair_provides_is_a_word_that_exists():
    with pytest.raises(UsageError, match="provides: unknown capability 'per_sample'; known: per"):
        Networks(nn.Identity(), nn.Identity(), Noise("normal", (1,)), frozenset({"per_sample"}))


@pytest.mark.parametrize("channels", [1, 3])
def test_from_image_is_the_convolution_and_so_are_its_derivatives(channels):
    torch.manual_seed(0)
    ours = FromImage(channels, 5).double()
    theirs = torch.nn.Conv2d(channels, 5, 4, 2, 1).double()
    theirs.load_state_dict(ours.state_dict())

    def derivatives(layer):
        """Of the value, of the input's gradient, and of its norm as a penalty takes it."""
        x = torch.linspace(-1, 1, 2 * channels * 64, dtype=torch.float64).reshape(2, channels, 8, 8)
        x.requires_grad_()
        value = layer(x).tanh().square().sum()
        (slope,) = torch.autograd.grad(value, x, create_graph=True)
        penalty = slope.square().sum()
        return [value, slope, *torch.autograd.grad(penalty + value, [x, *layer.parameters()])]

    for a, b in zip(derivatives(ours), derivatives(theirs), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12)


def test_from_image_of_lanes_is_that_of_each():
    layers = [FromImage(1, 3) for _ in range(2)]
    params = torch.func.stack_module_state(layers)[0]
    x = torch.randn(2, 4, 1, 8, 8)

    def gradient(params, x):
        def value(x):
            return torch.func.functional_call(layers[0], params, (x,)).tanh().sum()

        return torch.func.grad(value)(x)

    together = torch.func.vmap(gradient)(params, x)
    for i in range(2):
        alone = gradient({k: v[i] for k, v in params.items()}, x[i])
        torch.testing.assert_close(together[i], alone, rtol=1e-5, atol=1e-6)
