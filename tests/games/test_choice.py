"""Which game a variant is trained by."""

from dataclasses import replace

import pytest

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.experiment.plan import make_plan
from ganbench.experiment.request import Request
from ganbench.training.build import choose_game

DEEP = replace(registry.variants.get("ns"), name="deep", game="unrolled-5")


def test_a_variant_can_demand_its_game():
    assert choose_game(DEEP, None) == choose_game(DEEP, "unrolled-5") == "unrolled-5"
    with pytest.raises(UsageError, match="deep is trained by game unrolled-5, not by alternating"):
        choose_game(DEEP, "alternating")
    free = registry.variants.get("ns")
    assert (choose_game(free, None), choose_game(free, "optimistic")) == (
        "alternating",
        "optimistic",
    )


def test_an_unknown_game_is_refused():
    with pytest.raises(UsageError, match="unknown game 'chess'"):
        choose_game(registry.variants.get("ns"), "chess")
    with pytest.raises(UsageError, match="unrolled-0: K must be"):
        choose_game(replace(DEEP, game="unrolled-0"), None)


def test_a_plan_takes_each_variants_game_and_skips_where_another_is_asked_for():
    with registry.temporarily(DEEP):
        asked = {"variants": ("ns,deep",), "dataset": "ring2d", "preset": "smoke"}
        plan, _ = make_plan(Request(**asked))
        assert [t.game for t in plan.trainings] == ["alternating", "unrolled-5"]
        plan, _ = make_plan(Request(**asked, game="consensus"))
        assert [t.variant for t in plan.trainings] == ["ns"]
        assert plan.skipped == {
            "deep": "variant deep is trained by game unrolled-5, not by consensus"
        }
