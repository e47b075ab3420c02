"""The primary metric tells a perfect generator from trivial ones: mixtures by w1, MNIST by fd."""

from functools import partial

import numpy as np
import pytest

from ganbench.core import registry
from ganbench.core.kinds import needs
from ganbench.data import _mixtures
from ganbench.evaluation.choose import load_extractor
from ganbench.evaluation.evaluator import Evaluator
from ganbench.evaluation.measure import subset
from ganbench.metrics._frequencies import nearest_modes
from tests.evaluation._helpers import evaluator, probe

pytestmark = pytest.mark.usefixtures("own_cache")

MIXTURES = [
    *(d.name for d in registry.datasets.items() if d.shape == (2,) and d.load(None).mixture),
    "gaussian-blobs-16",
]
DRAWS = 12  # of a perfect generator, whose spread is the unit


def measured(name, n_real=10_000):
    """Return the evaluator of the data set's primary metric in preset ``quick``, and its data."""
    dataset = registry.datasets.get(name)
    data = dataset.load(None)
    quick = dataset.budgets["quick"]
    owner = {q.key: m for m in registry.metrics.items() for q in m.quantities}[dataset.primary]
    extractor = load_extractor(dataset.features)
    found = Evaluator(dataset, data, extractor, (owner,), n_real, quick.n_fake or 1_000, {})
    return found, data


def fitted_gaussian(train, n, rng):
    """Return samples of the Gaussian with the mean and covariance of ``train [N, D]``."""
    return rng.multivariate_normal(train.mean(0), np.cov(train.T), n, method="eigh")


def lost_mode(mixture, n, rng):
    """Return perfect samples of all modes but one."""
    samples = _mixtures.sample(mixture, 2 * n, int(rng.integers(2**32)))
    return samples[nearest_modes(samples, mixture.centers) > 0][:n]


def circle(n, rng):
    """Return points evenly on the circle of radius 1."""
    angle = rng.uniform(0, 2 * np.pi, n)
    return np.stack([np.cos(angle), np.sin(angle)], 1)


@pytest.mark.slow
@pytest.mark.parametrize("name", MIXTURES)
def test_every_trivial_generator_is_five_deviations_worse_than_a_perfect_one(name):
    """w2 of 1,000 points could not tell a circle (0.249) from the ring's floor (0.202)."""
    found, data = measured(name)
    n, mixture, rng = found.n_fake, data.mixture, np.random.default_rng(0)

    def value(samples):
        return found.measure(samples.astype(np.float32), True).values[found.primary]

    perfect = [value(_mixtures.sample(mixture, n, seed)) for seed in range(DRAWS)]
    bar = np.mean(perfect) + 5 * np.std(perfect, ddof=1)
    trivial = {
        "gaussian": partial(fitted_gaussian, data.train),
        "lost": partial(lost_mode, mixture),
    }
    if name == "ring2d":
        trivial["circle"] = circle
    for kind, sampler in trivial.items():
        assert value(sampler(n, rng)) > bar, (kind, perfect)


@pytest.mark.slow
def test_trivial_images_are_five_deviations_worse_than_real_ones():
    """By fd on MNIST, of as many images as the preset generates."""
    found, data = measured("mnist")
    rng = np.random.default_rng(0)
    perfect = [
        found.measure(subset(data.train, found.n_fake, "perfect", i), True).values["fd"]
        for i in range(DRAWS)
    ]
    bar = np.mean(perfect) + 5 * np.std(perfect, ddof=1)
    pixels = data.train[:10_000].reshape(10_000, -1).astype(float)
    gaussian = fitted_gaussian(pixels, found.n_fake, rng).round().clip(0, 255)
    shape = (found.n_fake, 1, 28, 28)
    for images in (np.zeros(shape), np.full(shape, 255), gaussian.reshape(shape)):
        assert found.measure(images.astype(np.uint8), True).values["fd"] > bar


@pytest.mark.parametrize("name", MIXTURES)
def test_a_mixture_is_ranked_by_what_sees_its_modes(name):
    dataset = registry.datasets.get(name)
    assert dataset.primary == "w1" and "mode-coverage" in dataset.metrics
    assert dataset.budgets["quick"].n_fake >= 2_500


@pytest.mark.parametrize("name", MIXTURES)
def test_every_first_part_of_the_held_out_points_has_as_many_of_each_mode(name):
    data = registry.datasets.get(name).load(None)
    count = len(data.mixture.centers)
    modes = nearest_modes(data.test, data.mixture.centers)
    for n in (count, 10 * count, 1_000 // count * count, len(data.test)):
        assert np.ptp(np.bincount(modes[:n], minlength=count)) == 0
    trained = np.bincount(nearest_modes(data.train, data.mixture.centers), minlength=count)
    assert np.ptp(trained) > 0  # networks are shown independent samples


@pytest.mark.parametrize(("n_real", "most"), [(10_000, 1_000), (1_000, 100), (1_000, 1_000)])
def test_the_reference_of_a_mixture_has_as_many_of_each_mode(n_real, most):
    """In the reference, and in what a metric with a cap cuts out of it."""
    data = registry.datasets.get("ring2d").load(None)
    spy = probe(needs.FEATURES, max_samples=most)
    plain = load_extractor("none")
    found = evaluator(spy.metric, data=data, n_real=n_real, n_fake=10, extractor=plain)
    found.measure(data.train[:10], True)
    counts = np.bincount(nearest_modes(spy.real[0], data.mixture.centers), minlength=8)
    assert len(spy.real[0]) == most and np.ptp(counts) <= 1


def test_modes_take_turns_in_a_subset_and_are_otherwise_random():
    strata = np.repeat([0, 1, 2], [50, 30, 20])
    rows = subset(np.arange(100), 100, "a", strata=strata)
    assert sorted(rows) == list(range(100))
    for n in range(0, 60, 3):
        assert np.bincount(strata[rows[:n]], minlength=3).tolist() == [n // 3] * 3
    assert rows[:60].tolist() != sorted(rows[:60])
    assert not np.array_equal(rows, subset(np.arange(100), 100, "b", strata=strata))


def test_the_generated_side_may_be_larger_than_the_real_one():
    from ganbench.evaluation.measure import sizes

    metric = probe(max_samples=10, max_fake=30).metric
    assert sizes(metric, 50, 40) == (10, 30) and sizes(metric, 50, 20) == (10, 20)
