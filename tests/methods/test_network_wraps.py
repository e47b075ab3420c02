"""Networks that methods make of an architecture's own, on the architecture of the plane."""

import pytest
import torch

from ganbench.core import registry
from ganbench.methods.network_wraps import autoencoder, encoder, joint
from ganbench.methods.zoo.minibatch_std import minibatch_std


def builder(shape, outputs=1):
    return registry.archs.get("toy").build(shape, outputs=outputs)


LATENT = builder((2,)).latent.shape[0]


@pytest.mark.parametrize(("order", "mean"), [(1, True), (1, False), (2, True), (2, False)])
def test_an_autoencoder_returns_the_norm_of_its_error(order, mean):
    torch.manual_seed(0)
    d = autoencoder(order, mean)(builder)((2,)).discriminator
    x = torch.randn(7, 2)
    gap = d.decoder(d.encoder(x)) - x
    norm = torch.linalg.vector_norm(gap, order, dim=1) / (2 if mean else 1)
    torch.testing.assert_close(d(x), norm)
    assert d.encoder(x).shape == (7, LATENT)
    torch.testing.assert_close(d(x, features=True), d.encoder(x))


def test_an_autoencoder_with_its_code_returns_both():
    torch.manual_seed(0)
    d = autoencoder(order=2, mean=False, code=True)(builder)((2,)).discriminator
    x = torch.randn(7, 2)
    code = d.encoder(x)
    error = (d.decoder(code) - x).norm(dim=1, keepdim=True)
    torch.testing.assert_close(d(x), torch.cat([error, code], dim=1))


@pytest.mark.parametrize(
    ("name", "order", "numbers"), [("ebgan", 2, 1), ("ebgan-pt", 2, 1), ("began", 1, 2)]
)
def test_the_energy_of_a_variant_is_its_papers(name, order, numbers):
    """EBGAN (eq. 3): the Euclidean norm; BEGAN (section 3.1): the mean absolute error."""
    torch.manual_seed(0)
    (wrap,) = registry.variants.get(name).network_wraps
    d = wrap(builder)((2,)).discriminator
    x = torch.randn(7, 2)
    norm = torch.linalg.vector_norm(d.decoder(d.encoder(x)) - x, order, dim=1) / numbers
    found = d(x)
    torch.testing.assert_close(found if found.ndim == 1 else found[:, 0], norm)


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
