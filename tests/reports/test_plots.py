"""Plots of values: the lines that they draw."""

import numpy as np
import pytest

from ganbench.core.plane import plane
from ganbench.reports import leaderboard, plots
from ganbench.reports.build import run_names
from tests.reports import _golden


@pytest.fixture
def table():
    records = _golden.records()
    rows = leaderboard.results(records)
    return rows.assign(name=rows["run_id"].map(run_names(records)))


ORDER = ["good", "ns", "shaky"]


def test_the_gaussian_is_a_dotted_line(table):
    figure = plots.curves(table, "fd", "fd", ORDER, "control:gaussian")
    for axis in figure.axes[:3]:
        dotted = [line for line in axis.lines if line.get_linestyle() == ":"]
        assert [float(np.ravel(line.get_ydata())[0]) for line in dotted] == [8.0]
    assert not any(axis.get_title().startswith("control") for axis in figure.axes)


def dashed(axis, way):
    """Return where the dashed lines of an axis are, along ``way``."""
    lines = [line for line in axis.lines if line.get_linestyle() == "--"]
    return [float(np.ravel(line.get_xdata() if way == "x" else line.get_ydata())[0])
            for line in lines]  # fmt: skip


@pytest.mark.parametrize(("metric", "floor"), [("fd", 0.5), ("precision", 0.9)])
def test_curves_have_the_floor_of_their_own_quantity(table, metric, floor):
    figure = plots.curves(table, metric, metric, ORDER)
    for axis in figure.axes[:3]:
        assert dashed(axis, "y") == [floor]


def test_curves_go_through_every_seeds_values_and_their_median(table):
    figure = plots.curves(table, "fd", "fd", ORDER)
    panel = next(a for a in figure.axes if a.get_title() == "ns")
    drawn = [
        list(map(float, line.get_ydata())) for line in panel.lines if len(line.get_xdata()) == 2
    ]
    assert [5, 4] in drawn and [6, 6] in drawn and [3, 2] in drawn  # its three seeds
    assert drawn.count([5, 4]) == 2  # which is their median too
    assert figure.axes[0].get_title() == "good"  # in the order given


def test_last_values_are_those_of_the_last_checkpoint_with_their_floors(table):
    figure = plots.strips(table, {"fd": "fd", "precision": "precision"}, ORDER)
    assert [dashed(axis, "x") for axis in figure.axes[:2]] == [[0.5], [0.9]]
    assert [axis.get_xlabel() for axis in figure.axes[:2]] == ["fd", "precision"]
    points = {
        tuple(round(float(v), 6) for v in sorted(collection.get_offsets()[:, 0]))
        for collection in figure.axes[0].collections
    }
    assert (1, 2, 3) in points and (2, 4, 6) in points  # good, ns
    crosses = [text.get_text() for text in figure.axes[0].texts]
    assert crosses == ["✕ 1 failed"]


def test_labels_say_the_quantity_in_words_and_its_key():
    known = leaderboard.quantities(_golden.records())
    assert plots.axis_label("fd", known["fd"]) == "Fréchet distance (fd)"
    assert plots.axis_label("precision", known["precision"]) == "precision"


def frequencies_of(*rows):
    """Return finished records with these class frequencies, one a seed."""
    return [
        _golden.record("good", seed).model_copy(update={"frequencies": list(row)})
        for seed, row in enumerate(rows)
    ]


def test_frequencies_are_shown_against_an_even_share():
    records = frequencies_of([0.5, 0.25, 0.25, 0.0], [0.25] * 4)
    figure = plots.collapse(records, run_names(records), ["good"])
    mesh = figure.axes[0].collections[0]
    assert np.allclose(np.asarray(mesh.get_array()).reshape(2, 4), [[2, 1, 1, 0], [1, 1, 1, 1]])
    assert plots.collapse(_golden.records(), run_names(_golden.records()), ORDER) is None


def test_many_classes_keep_a_plot_of_ordinary_size():
    for count in (10, 1000):
        records = frequencies_of([1 / count] * count)
        figure = plots.collapse(records, run_names(records), ["good"])
        assert figure.get_size_inches()[0] < 25


def test_points_are_drawn_in_their_first_two_coordinates():
    points = np.arange(12.0).reshape(3, 4)
    assert np.array_equal(plane(points), points[:, :2])
    assert np.array_equal(plane(points[:, :1]), [[0, 0], [4, 0], [8, 0]])
