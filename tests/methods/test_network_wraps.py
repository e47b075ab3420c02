"""Networks that methods make of an architecture's own, on the architecture of the plane."""

import pytest
import torch
import torch.nn.functional as F

from ganbench.archs._layers import BatchStatistics
from ganbench.archs._modules import minibatch_std as minibatch_deviation
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.methods.network_wraps import (
    autoencoder,
    encoder,
    euclidean,
    joint,
    mean_absolute,
    mean_square,
)
from ganbench.methods.zoo.minibatch_std import minibatch_std
from ganbench.training.build import build_networks


def builder(shape, outputs=1):
    return registry.archs.get("toy").build(shape, outputs=outputs)


LATENT = builder((2,)).latent.shape[0]


ERRORS = {  # of the gap between a sample and what it is decoded to
    euclidean: lambda gap: torch.linalg.vector_norm(gap, 2, dim=1),
    mean_absolute: lambda gap: torch.linalg.vector_norm(gap, 1, dim=1) / 2,
    mean_square: lambda gap: torch.linalg.vector_norm(gap, 2, dim=1) ** 2 / 2,
}


@pytest.mark.parametrize("error", ERRORS, ids=lambda f: f.__name__)
def test_an_autoencoder_returns_its_error(error):
    torch.manual_seed(0)
    d = autoencoder(error)(builder)((2,)).discriminator
    x = torch.randn(7, 2)
    torch.testing.assert_close(d(x), ERRORS[error](d.decoder(d.encoder(x)) - x))
    assert d.encoder(x).shape == (7, LATENT)
    torch.testing.assert_close(d(x, features=True), d.encoder(x))


def test_an_autoencoder_with_its_code_returns_both():
    torch.manual_seed(0)
    d = autoencoder(euclidean, code=True)(builder)((2,)).discriminator
    x = torch.randn(7, 2)
    code = d.encoder(x)
    error = (d.decoder(code) - x).norm(dim=1, keepdim=True)
    torch.testing.assert_close(d(x), torch.cat([error, code], dim=1))


@pytest.mark.parametrize(
    ("name", "error"),
    [("ebgan", euclidean), ("ebgan-pt", euclidean), ("began", mean_absolute),
     ("mmd-gan", mean_square)],
)  # fmt: skip
def test_the_energy_of_a_variant_is_its_papers(name, error):
    """EBGAN (eq. 3): the Euclidean norm; BEGAN (section 3.1): the mean absolute error."""
    torch.manual_seed(0)
    wrap = registry.variants.get(name).network_wraps[0]
    d = wrap(builder)((2,)).discriminator
    x = torch.randn(7, 2)
    found = d(x)
    wanted = ERRORS[error](d.decoder(d.encoder(x)) - x)
    torch.testing.assert_close(found if found.ndim == 1 else found[:, 0], wanted)


@pytest.mark.parametrize("arch", ["dcgan", "mlp-bn", "sngan-resnet"])
@pytest.mark.parametrize("name", ["ebgan", "ebgan-pt", "began", "mmd-gan"])
def test_how_a_sample_is_decoded_does_not_depend_on_its_batch(name, arch):
    torch.manual_seed(0)
    shape = {"dcgan": (1, 8, 8), "mlp-bn": (2,), "sngan-resnet": (3, 32, 32)}[arch]
    options = {} if arch == "mlp-bn" else {"width": 4}
    networks = build_networks(registry.archs.get(arch), options, shape, registry.variants.get(name))
    d, x = networks.discriminator, torch.randn(9, *shape)
    torch.testing.assert_close(d(x[:5])[:1], d(torch.cat([x[:1], 3 * x[5:]]))[:1])
    assert "per_sample_d" in networks.provides
    energy = d(x) if d(x).ndim == 1 else d(x)[:, 0]
    lost = float(energy.detach().mean() / d.error(x.flatten(1)).mean())
    assert 0.1 < lost < 10  # signals keep their scale


def test_began_has_no_batch_normalisation_at_all():
    """While it is trained, its generator makes a sample of a latent whatever the others are."""
    torch.manual_seed(0)
    arch, began = registry.archs.get("dcgan"), registry.variants.get("began")
    networks = build_networks(arch, {"width": 4}, (1, 8, 8), began)
    g, z = networks.generator.train(), torch.randn(9, 100)
    torch.testing.assert_close(g(z[:5])[:1], g(torch.cat([z[:1], 3 * z[5:]]))[:1])
    for network in (g, networks.discriminator):
        assert not any(isinstance(layer, BatchStatistics) for layer in network.modules())
    assert 0.05 < float(g(z).std()) < 0.9  # neither grey nor saturated


@pytest.mark.parametrize("spread", [True, False])
def test_joint_rows_hold_samples_beside_latents(spread):
    """ALI draws from a Gaussian that the encoder returns; VEEGAN's encoder returns the latent."""
    torch.manual_seed(0)
    networks = encoder(spread)(builder)((2,))
    real, z = torch.randn(5, 2), torch.randn(5, LATENT)
    part = joint(spread)
    plan = part.noise(5, LATENT)
    noise = {k: torch.randn(spec.shape) for k, spec in plan.items()}
    assert {k: (spec.kind, spec.shape) for k, spec in plan.items()} == (
        {"epsilon": ("normal", (5, LATENT))} if spread else {}
    )
    code = networks.generator(real, encode=True)
    if spread:
        code = code[:, :LATENT] + code[:, LATENT:].exp() * noise["epsilon"]
    of_real, of_fake = part.rows(networks.generator, real, z, noise)
    torch.testing.assert_close(of_real, torch.cat([real, code], dim=1))
    torch.testing.assert_close(of_fake, torch.cat([networks.generator(z), z], dim=1))
    assert of_real.shape[1:] == part.shape((2,), LATENT)
    assert networks.discriminator(of_real).shape == (5,)


def test_the_deviation_is_of_groups_of_four():
    """Karras 2018: every B/4th sample is in one group; a batch that does not divide is one."""
    torch.manual_seed(0)
    x = torch.randn(8, 3, 2, 2)
    found = minibatch_deviation(x)
    for i in range(8):
        group = x[i % 2 :: 2]
        wanted = (group.var(0, unbiased=False) + 1e-8).sqrt().mean()
        torch.testing.assert_close(found[i], wanted.expand(1, 1, 1))
    rest = minibatch_deviation(x[:5])
    torch.testing.assert_close(
        rest[0].squeeze(), (x[:5].var(0, unbiased=False) + 1e-8).sqrt().mean()
    )
    assert rest.shape == (5, 1, 1, 1) and minibatch_deviation(x.flatten(1)).shape == (8, 1)


def test_minibatch_std_is_a_map_before_the_last_convolution():
    """As one convolution of one more channel: what is added is no number on every logit."""
    torch.manual_seed(0)
    networks = minibatch_std(lambda shape, outputs=1: dcgan_of(shape, outputs))((1, 16, 16))
    d, x = networks.discriminator, torch.randn(8, 1, 16, 16)
    *before, last, activation, flatten = d.body
    h = x
    for layer in before:
        h = layer(h)
    wider = torch.cat([last.layer.weight, last.of_std.weight], dim=1)
    deviation = minibatch_deviation(h).expand(8, 1, *h.shape[2:])
    h = F.conv2d(torch.cat([h, deviation], dim=1), wider, last.layer.bias, 2, 1)
    torch.testing.assert_close(d(x), d.head(flatten(activation(h))).flatten())
    assert 0.5 < float((last.of_std.weight.std() / last.layer.weight.std()).detach()) < 2
    assert "per_sample_d" in dcgan_of((1, 16, 16)).provides
    assert "per_sample_d" not in networks.provides


def dcgan_of(shape, outputs=1):
    return registry.archs.get("dcgan").build(shape, outputs=outputs, width=4)


def test_minibatch_std_on_points_is_a_feature_before_the_last_hidden_layer():
    torch.manual_seed(0)
    d, x = minibatch_std(builder)((2,)).discriminator, torch.randn(8, 2)
    first, relu, last, _ = d.body
    h = relu(first(x))
    wider = torch.cat([last.layer.weight, last.of_std.weight], dim=1)
    h = F.linear(torch.cat([h, minibatch_deviation(h)], dim=1), wider, last.layer.bias)
    torch.testing.assert_close(d(x, features=True), relu(h))


def test_minibatch_std_is_refused_where_it_has_no_place():
    with pytest.raises(UsageError, match="a body and a linear head"):
        build_networks(
            registry.archs.get("toy"), {}, (2,), registry.variants.get("ebgan+minibatch-std")
        )
