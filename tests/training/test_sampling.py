"""Samples of trained generators."""

import numpy as np
import pytest
import torch

from ganbench.core.errors import UsageError
from ganbench.training.sampling import from_data, to_data
from ganbench.training.streams import draw, generator
from tests.training._helpers import SMALL, make


@pytest.mark.parametrize("arch", ["dcgan", "mlp-classic", "toy"])
def test_a_sample_never_depends_on_its_batch(arch):
    from ganbench.training.sampling import sample

    population = make("ns", arch, [0], options=SMALL.get(arch))
    population.run(5)
    module, networks = population.generator(0), population.problem.networks
    whole = sample(module, networks, 40, seed=1, batch=40)
    assert np.allclose(whole, sample(module, networks, 40, seed=1, batch=7), atol=1e-6)
    assert whole.std(0).max() > 1e-4  # the generator does not ignore its latent


def test_batch_normalisation_is_calibrated_to_the_weights():
    """Evaluation mode reproduces training mode on the calibration latents."""
    from torch.func import functional_call

    from ganbench.training.sampling import CALIBRATION

    population = make("ns", "dcgan", [0], options={"width": 4})
    population.run(5)
    networks, params = population.problem.networks, population.params(0)["g"]
    latents = draw(networks.latent, generator(torch.device("cpu"), "calibration"), CALIBRATION)
    networks.generator.train()
    trained = functional_call(networks.generator, params, (latents,))
    assert torch.allclose(population.generator(0)(latents), trained, atol=1e-5)


def test_sampling_is_public_and_reproducible():
    population = make("ns", "dcgan", [4], options={"width": 4})
    population.run(2)
    images = population.sample(10, seed=4)
    assert images.shape == (10, 1, 8, 8) and images.dtype == np.uint8
    assert np.array_equal(images, population.sample(10, seed=4))
    assert not np.array_equal(images, population.sample(10, seed=4, latent_seed=9))
    with pytest.raises(UsageError, match="no lane has seed 5"):
        population.sample(10, seed=5)


def test_pixels_are_rounded_to_the_nearest_and_cut_at_the_ends():
    values = np.array([-1.2, -1.0, -0.999, 0.0, 0.00390, 0.0040, 1.0, 1.3])
    # (x + 1) 127.5: -25.5, 0, 0.13, 127.5, 127.997, 128.01, 255, 293
    assert to_data(values, np.dtype(np.uint8)).tolist() == [0, 0, 0, 128, 128, 128, 255, 255]
    assert to_data(np.array([0.9 / 127.5 - 1]), np.dtype(np.uint8)).tolist() == [1]
    points = np.array([[0.3, 7.0]], np.float32)
    assert to_data(points, points.dtype) is points


def test_data_and_back_are_the_same_pixels():
    pixels = torch.arange(256, dtype=torch.uint8)
    scaled = from_data(pixels, torch.float32)
    assert float(scaled.min()) == -1 and float(scaled.max()) == 1
    assert np.array_equal(to_data(scaled.numpy(), np.dtype(np.uint8)), pixels.numpy())
