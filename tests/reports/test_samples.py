"""Pictures of samples: which seeds they show, in which order."""

import numpy as np
import pytest

from ganbench.experiment.store import Store
from ganbench.reports import samples
from tests.reports import _golden
from tests.reports._shown import shown as figures_input


@pytest.fixture
def store(tmp_path):
    """A run directory in which each finished seed's samples are images of its own grey."""
    store = Store(tmp_path)
    store.prepare()
    for record in _golden.records():
        if record.status == "ok":
            images = np.full((64, 1, 4, 4), 10 * record.seed, np.uint8)
            store.write_samples(record.run_id, images)
    return store


def seeds_of(store, variant, metric):
    own = [r for r in _golden.records() if r.training.variant == variant]
    return samples.finished(store, own, metric)


def test_seeds_are_ordered_by_their_last_value_best_first(store):
    assert [s.seed for s in seeds_of(store, "ns", "fd")] == [2, 0, 1]  # 2, 4, 6
    assert [s.seed for s in seeds_of(store, "ns", "precision")] == [2, 1, 0]  # .6, .4, .2
    assert [s.seed for s in seeds_of(store, "shaky", "fd")] == [0, 2]  # seed 1 diverged
    assert [s.value for s in seeds_of(store, "good", "fd")] == [1, 2, 3]


def test_a_seed_whose_primary_quantity_has_no_value_is_in_no_picture(store):
    assert [s.seed for s in seeds_of(store, "shaky", "precision")] == [0]


def test_the_grid_shows_best_median_and_worst_from_left_to_right(store):
    figure = samples.grid(seeds_of(store, "ns", "fd"), "fd", "ns", None)
    titles = [axis.get_title() for axis in figure.axes]
    assert titles == ["best: seed 2, fd 2", "median: seed 0, fd 4", "worst: seed 1, fd 6"]
    greys = [int(axis.images[0].get_array()[0, 0]) for axis in figure.axes]
    assert greys == [20, 0, 10]  # and the picture below a title is of its seed


def test_one_seed_is_called_neither_best_nor_worst(store):
    figure = samples.grid(seeds_of(store, "ns", "fd")[:1], "fd", "ns", None)
    assert [axis.get_title() for axis in figure.axes] == ["seed 2, fd 2"]


def test_the_sheet_shows_each_variants_median_seed(store):
    found = {name: seeds_of(store, name, "fd") for name in ("good", "ns")} | {"bad": []}
    figure = samples.sheet(found, figures_input({"good": [1.0], "ns": [2.0], "bad": [None]}), None)
    shown = {a.get_title().partition("\n")[0]: a for a in figure.axes if a.get_title()}
    assert list(shown) == ["good", "ns", "bad"]
    assert int(shown["good"].images[0].get_array()[0, 0]) == 20  # seed 2, fd 2
    assert int(shown["ns"].images[0].get_array()[0, 0]) == 0  # seed 0, fd 4
    assert shown["bad"].get_title() == "bad\nfailed"


@pytest.mark.parametrize("modes", [None, np.array([[0.0, 0.0], [2.0, 0.0]])])
def test_points_of_all_panels_are_in_the_same_square(store, modes):
    """Also those of a constant; one point far away does not shrink the others."""
    rng = np.random.default_rng(0)
    for record in _golden.records():
        if record.status == "ok":
            points = rng.normal(size=(500, 3)).astype("f4")
            points[0] = 1_000
            spread = 0.0 if record.training.variant == "ns" else 1.0
            store.write_samples(record.run_id, spread * points)
    found = {name: seeds_of(store, name, "fd") for name in ("good", "ns")}
    figure = samples.sheet(found, figures_input({"good": [1.0], "ns": [2.0]}), modes)
    good, ns = (axis for axis in figure.axes if axis.get_title())
    assert good.get_xlim() == ns.get_xlim() and good.get_ylim() == ns.get_ylim()
    for low, high in (good.get_xlim(), good.get_ylim()):
        assert -10 < low < -0.5 and 1 < high < 10


def test_tiles_are_two_pixels_apart():
    images = np.arange(4, dtype=np.uint8).reshape(4, 1, 1, 1).repeat(3, 2).repeat(3, 3)
    sheet = samples.tile(images, columns=2)
    assert sheet.shape == (8, 8, 1)
    assert [sheet[0, 0, 0], sheet[0, 5, 0], sheet[5, 0, 0], sheet[5, 5, 0]] == [0, 1, 2, 3]
    assert (sheet[3:5] == 255).all() and (sheet[:, 3:5] == 255).all()
