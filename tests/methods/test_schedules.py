"""Schedules start and end where they say, and variants declare them in place of numbers."""

import pytest

from ganbench.core import registry
from ganbench.core.kinds import Anneal, Decay, Line


def test_anneal_ends_where_it_says():
    anneal = Anneal(4.0, 2.0)
    assert [anneal(x) for x in (0, 0.5, 1, 2)] == pytest.approx([4, 3, 2, 2])
    assert anneal(0.25) == pytest.approx(3 + 0.5**0.5)  # along a cosine


def test_other_schedules_end_where_they_say():
    assert [Decay(2.0, 0.02)(x) for x in (0, 0.5, 1, 2)] == pytest.approx([2, 0.2, 0.02, 0.02])
    assert [Line(0.1, 0.0)(x) for x in (0, 0.5, 1, 2)] == pytest.approx([0.1, 0.05, 0, 0])


def test_a_scheduled_number_is_known_by_its_first_value():
    variant = registry.variants.get("rpgan-r1r2")
    assert set(variant.schedules) == {
        "g.lr", "d.lr", "g.beta2", "d.beta2", "r1.weight", "r2.weight"
    }  # fmt: skip
    for key, schedule in variant.schedules.items():
        assert variant.hyper()[key] == schedule(0) == variant.declared()[key].start
    assert variant.hyper()["g.beta1"] == 0 and not registry.variants.get("ns").schedules
