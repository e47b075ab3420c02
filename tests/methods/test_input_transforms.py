"""What changes the discriminator's inputs: packs and instance noise."""

import pytest
import torch

from ganbench.core import registry


def test_packs_hold_consecutive_samples():
    transform = registry.variants.get("ns+pack3").input_transforms[0]
    x = torch.arange(8 * 2 * 5.0).reshape(8, 2, 5)
    found = transform.function(x, {}, None)
    assert found.shape == (2, 6, 5) and torch.equal(found[1], x[3:6].reshape(6, 5))
    variant = registry.variants.get("ns+pack3")
    assert variant.discriminator_input(8, (2, 5)) == (2, (6, 5))
    assert "pack.value" not in variant.hyper()


@pytest.mark.parametrize("m", [2, 3, 4])
def test_a_pack_of_m_holds_m_samples(m):
    for name in (f"pacgan-{m}", f"ns+pack{m}"):
        variant = registry.variants.get(name)
        (transform,) = variant.input_transforms
        assert transform.function(torch.zeros(24, 2, 5), {}, None).shape == (24 // m, 2 * m, 5)
        assert variant.discriminator_input(24, (2, 5)) == (24 // m, (2 * m, 5))


def test_instance_noise_has_the_size_it_says():
    variant = registry.variants.get("ns+noise")
    transform = variant.input_transforms[0]
    epsilon = torch.randn(4, 3)
    noisy = transform.function(torch.ones(4, 3), {"epsilon": epsilon}, torch.tensor(0.5))
    assert torch.equal(noisy, 1 + 0.5 * epsilon)
    assert variant.hyper()["instance_noise.value"] == variant.schedules["instance_noise.value"](0)


def test_instance_noise_is_normal_and_one_for_each_number():
    (noise,) = registry.variants.get("ns+noise").input_transforms[0].noise(4, (3, 2)).values()
    assert noise.kind == "normal" and noise.shape == (4, 3, 2)
