"""Networks that methods make of an architecture's own, on the architecture of the plane."""

import pytest
import torch

from ganbench.archs._layers import BatchStatistics
from ganbench.core import registry
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


def test_minibatch_std_adds_what_the_features_vary_by():
    """Karras 2018, section 3: one more feature, the mean deviation, with a weight of its own.

    The authors' code has 1e-8 under the root.
    """
    torch.manual_seed(0)
    networks = minibatch_std(builder)((2,))
    d, x = networks.discriminator, torch.randn(9, 2)
    h = d.inner(x, features=True)
    deviation = (h.var(0, unbiased=False) + 1e-8).sqrt().mean()
    features = d(x, features=True)
    torch.testing.assert_close(features[:, :-1], h)
    torch.testing.assert_close(features[:, -1], deviation.expand(9))
    weighed = d.inner.head(h).flatten() + deviation * d.of_std.weight.flatten()
    torch.testing.assert_close(d(x), weighed)
    assert "per_sample_d" in builder((2,)).provides
    assert "per_sample_d" not in networks.provides
