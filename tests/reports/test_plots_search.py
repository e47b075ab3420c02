"""The figure of a search for a recipe."""

import math

import numpy as np
import pytest

from ganbench.reports.plots.expected_best import best_panels, expected_best
from ganbench.reports.search import curves
from tests.reports._shown import artist, texts

FOUND = {
    "name": "dots-quick", "dataset": "dots", "arch": "net", "steps": 100, "metric": "w1",
    "variants": {
        "ns": {"rate_factor": 1.0, "values": {"1": [3.0, 4.0], "5": [4.0], "10": [5.0]}},
        "wgan": {"rate_factor": 5.0, "values": {"1": [9.0], "5": [1.0], "10": [2.0]}},
    },
}  # fmt: skip


def test_expected_best_values_are_drawn_by_tries_the_best_first():
    panels = best_panels(FOUND)
    assert texts(panels.axes, "title") == ["wgan", "ns"]
    table = curves(FOUND)
    for place, name in enumerate(["wgan", "ns"]):
        own = table[table["variant"] == name]
        drawn = artist(panels.axes, "expected").get_segments()[place]
        assert np.allclose(drawn, panels.points(place, own["tries"], own["expected_best"]))
        assert drawn[-1, 1] > drawn[0, 1], "more tries find a lower value"
    least = table["expected_best"].min()
    line = artist(panels.axes, "best").get_segments()[0]
    assert line[0, 1] == pytest.approx(panels.points(0, [1], [least])[0, 1])


def test_a_search_in_which_all_failed_has_no_figure():
    failed = {"ns": {"rate_factor": 1.0, "values": {"1": [math.inf], "5": [math.inf]}}}
    assert expected_best(FOUND | {"variants": failed}) is None
