"""Plugins that do not load, and things that cannot work: the message says what, and where."""

import pytest

from ganbench import Adam, Paper, Penalty, Variant, losses, penalties
from ganbench.core import registry
from ganbench.core.errors import UsageError
from tests.core.test_registry import run
from tests.test_contributing import ARCH, VARIANT, announce

PAPER = Paper("x", "y", 2020, venue="z")


def variant(**fields):
    return Variant("v", PAPER, losses.logistic_d, losses.nonsaturating_g, Adam(), **fields)


def test_a_plugin_that_breaks_half_way_leaves_nothing_behind_and_says_why(tmp_path):
    broken = VARIANT + ARCH.replace("shape, outputs=1", "shape, inputs=1")
    announce(tmp_path / "plugin", broken, name="half")
    out = run(
        "from ganbench.core import registry as r\n"
        "from ganbench.core.errors import UsageError\n"
        "assert r.variants.find('mine') is None\n"
        "for kind in (r.variants, r.archs):\n"
        "    try: kind.get('mine')\n"
        "    except UsageError as e: print(e)\n",
        tmp_path / "plugin",
    )
    for line in out.strip().splitlines():
        assert "plugin half was not loaded: " in line and "their_half.py: arch linear" in line


def test_a_part_without_its_tuple_is_named():
    one = Penalty(penalties.gradient_penalty, weight=10.0)
    with pytest.raises(ValueError, match="variant v: penalties must be a tuple, such as"):
        variant(penalties=one).check()
    with pytest.raises(ValueError, match="variant v: requires is a set: {'per_sample_d'}"):
        variant(requires="per_sample_d")


def test_a_penalty_without_a_name_asks_for_one():
    with pytest.raises(ValueError, match="has no name of its own: give name="):
        Penalty(lambda d, real, fake, noise: 0.0, weight=1.0)
    assert Penalty(lambda d, real, fake, noise: 0.0, weight=1.0, name="mine").key == "mine.weight"


def test_a_penalty_stands_in_the_discriminators_loss():
    shown = registry.variants.get("ns+r1").equation
    assert shown == "D: sp(-r) + sp(f) + 10/2 |grad D|^2 on real samples   G: sp(-f)"


def test_unknown_names_are_suggested_once():
    with pytest.raises(UsageError, match="unknown preset 'quik': did you mean quick"):
        registry.presets.get("quik")
