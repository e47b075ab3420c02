"""Controls: what each draws, and that none needs training."""

from functools import partial

import numpy as np
import pytest

from ganbench.core import registry
from ganbench.core.kinds import ControlInput, Data
from ganbench.training.sampling import to_data


def given(dataset, draw=0):
    data = registry.datasets.get(dataset).load(None)
    arch = registry.archs.get(registry.datasets.get(dataset).arch)
    build = partial(arch.build, data.train.shape[1:], **arch.options)
    return ControlInput(data, build, np.random.default_rng(draw), draw)


@pytest.mark.parametrize("dataset", ["digits", "ring2d"])
@pytest.mark.parametrize("subject", registry.controls.names())
def test_controls_draw_as_many_samples_as_asked_of_the_datas_kind(subject, dataset):
    control, data = registry.controls.get(subject), given(dataset).data
    if control.fits(data):
        pytest.skip(control.fits(data))
    drawn = [control.sample(given(dataset, draw), 50) for draw in (0, 0, 1)]
    assert drawn[0].shape == (50, *data.train.shape[1:]) and drawn[0].dtype == data.train.dtype
    assert np.array_equal(drawn[0], drawn[1])
    assert np.array_equal(drawn[0], drawn[2]) == (control.draws == 1)


def sample(name, dataset, n):
    return registry.controls.get(name).sample(given(dataset), n)


def test_constant_is_the_mean_sample():
    data = given("digits").data
    assert np.abs(sample("constant", "digits", 2)[1] - data.train.mean(0)).max() <= 0.5
    assert np.allclose(sample("constant", "ring2d", 1), given("ring2d").data.train.mean(0))


def test_gaussian_has_the_mean_and_the_covariance_of_the_training_samples():
    train, drawn = given("ring2d").data.train, sample("gaussian", "ring2d", 40_000)
    assert np.allclose(drawn.mean(0), train.mean(0), atol=0.02)
    assert np.allclose(np.cov(drawn.T), np.cov(train.T), atol=0.02)
    radius = np.linalg.norm(drawn, axis=1)
    assert radius.std() > 0.3  # and no ring


def test_gaussian_correlates_pixels_as_the_images_do():
    train, drawn = given("digits").data.train, sample("gaussian", "digits", 4_000)
    flat = [x.reshape(len(x), -1)[:, 18:22].astype(float) for x in (train, drawn)]
    assert np.allclose(*(np.corrcoef(x.T) for x in flat), atol=0.15)
    gaps = train.mean(0) - drawn.mean(0)  # clipping at 0 and 255 moves the means a little
    assert np.abs(gaps).mean() < 10 < train.mean() / 5


def test_copies_repeat_training_samples_and_real_ones_do_not():
    train = {x.tobytes() for x in given("digits").data.train}
    copies, real = (sample(name, "digits", 1_000) for name in ("copies", "real"))
    assert {x.tobytes() for x in copies} <= train and {x.tobytes() for x in real} <= train
    assert len({x.tobytes() for x in copies}) < 850 < 990 < len({x.tobytes() for x in real})
    assert len(sample("real", "digits", 2_000)) == 2_000  # more than there are: some again


def test_untrained_is_the_generator_before_its_first_update():
    from ganbench.experiment.resolve import make_population

    data = given("digits").data
    arch = registry.archs.get("dcgan")
    population = make_population(
        registry.variants.get("ns"), arch, arch.options, "digits", data, [0], 8, 10
    )
    spread = [x.std() for x in (population.sample(200, 0), sample("untrained", "digits", 200))]
    assert spread[0] == pytest.approx(spread[1], rel=0.3)
    assert to_data(np.zeros(3), np.dtype(np.uint8)).tolist() == [128] * 3


def test_uniform_rings_and_boxes_have_no_modes():
    ring, box = sample("uniform-ring", "ring2d", 20_000), sample("uniform-box", "ring2d", 20_000)
    assert np.allclose(np.linalg.norm(ring, axis=1), 1, atol=1e-6)
    angles = np.histogram(np.arctan2(*ring.T), 16)[0] / len(ring)
    assert np.allclose(angles, 1 / 16, atol=0.008)
    assert np.allclose(box.min(0), -1, atol=1e-3) and np.allclose(box.std(0), 1 / 3**0.5, rtol=0.02)


def test_a_grid_has_no_circle_and_images_have_no_modes():
    ring, box = registry.controls.get("uniform-ring"), registry.controls.get("uniform-box")
    assert ring.fits(given("grid2d").data) == "its modes are not on one circle"
    assert ring.fits(given("digits").data) == box.fits(given("digits").data)
    assert not ring.fits(given("ring2d").data) and not box.fits(given("grid2d").data)
    blobs = registry.datasets.get("gaussian-blobs-3").load(None)
    assert ring.fits(blobs) == "its modes are not in the plane"
    assert isinstance(blobs, Data)
