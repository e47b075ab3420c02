"""Axes, configurations and samplers of a search."""

import math
from dataclasses import replace

import pytest

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.experiment.samplers import ROUND, SAMPLERS
from ganbench.experiment.search_space import (
    DEFAULTS,
    applied,
    first_tries,
    grid,
    label,
    lane_values,
    own_axes,
    parse_space,
)

NS, GP = (registry.variants.get(name) for name in ("ns", "wgan-gp"))
SPACE = parse_space("lr=x1|x2|x4,beta1=0|0.5,weight=x0.1|x1")


def test_a_space_is_written_as_axes_with_or_without_values():
    assert parse_space("lr, beta1 = 0 | 0.9") == {"lr": DEFAULTS["lr"], "beta1": ("0", "0.9")}
    assert parse_space("balance.gamma=0.3|0.7")["balance.gamma"] == ("0.3", "0.7")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("lr,lr", "there twice"),
        ("lr=", "''"),
        ("lr=fast", "'fast': a number"),
        ("lr=x0", "a factor above 0"),
        ("lr=nan", "a number"),
        ("lr=1|1", "a value twice"),
        ("=1", "no variant|needs values|''"),
        ("alpha", "alpha needs values"),
        (",".join(f"a{k}={'|'.join(map(str, range(10)))}" for k in range(6)), "fewer values"),
    ],
)
def test_what_is_no_space_is_named(text, message):
    if text == "=1":
        assert own_axes(NS, parse_space(text)) == {}
        return
    with pytest.raises(UsageError, match=message):
        parse_space(text)


def test_an_axis_sets_every_hyper_parameter_of_its_name():
    assert applied({"lr": "x5"}, NS, {}) == pytest.approx({"g.lr": 1e-3, "d.lr": 1e-3})
    assert applied({"lr": "x5", "d.lr": "x2"}, NS, {})["d.lr"] == pytest.approx(2e-3)
    assert applied({"weight": "x3"}, GP, {"gradient_penalty.weight": 0.1}) == pytest.approx(
        {"gradient_penalty.weight": 0.3}
    )
    assert applied({"g.beta1": "0.9"}, GP, {"beta1": 0.5}) == {"beta1": 0.5, "g.beta1": 0.9}
    assert applied({"beta1": "0.9"}, GP, {"beta1": 0.5}) == {"g.beta1": 0.9, "d.beta1": 0.9}
    with pytest.raises(UsageError, match="ns has no hyper-parameter 'weight'"):
        applied({"weight": "x3"}, NS, {})


def test_lanes_have_the_same_hyper_parameters_by_whole_names():
    lanes = lane_values([{}, {"lr": "x2"}, {"beta1": "0"}], GP, {"beta1": 0.5, "lr": 3.0})
    assert lanes == [
        {"g.lr": 3.0, "d.lr": 3.0, "g.beta1": 0.5, "d.beta1": 0.5},
        {"g.lr": 6.0, "d.lr": 6.0, "g.beta1": 0.5, "d.beta1": 0.5},
        {"g.lr": 3.0, "d.lr": 3.0, "g.beta1": 0.0, "d.beta1": 0.0},
    ]


def test_the_grid_of_a_variant_has_its_own_axes_and_the_papers_constants_once():
    found = grid(NS, SPACE, {})  # 3 x 2, of which lr x1 with beta1 0.5 is the paper's
    assert found[0] == {} and len(found) == 6 and {"lr": "x1", "beta1": "0.5"} not in found
    assert len(grid(GP, SPACE, {})) == 12  # beta1 is 0 in the paper
    assert grid(NS, {"weight": ("x1", "x3")}, {}) == [{}]


def test_some_tries_of_a_grid_are_the_same_for_variants_with_the_same_axes():
    all_of = grid(NS, SPACE, {})
    some = first_tries(all_of, 4)
    twin = first_tries(grid(replace(NS, name="twin"), SPACE, {}), 4)
    assert some[0] == {} and len(some) == 4 and some == twin
    assert len({label(c) for c in some}) == 4 and all(c in all_of for c in some)
    assert first_tries(all_of, 6) == first_tries(all_of, 99) == all_of
    assert first_tries(all_of, 5)[:4] == some  # a larger search goes on with a smaller one


def tried_by(name, n, value):
    """Return all that a sampler tries, and how many at a time."""
    all_of, axes, tried, rounds = grid(GP, SPACE, {}), own_axes(GP, SPACE), [], []
    while new := SAMPLERS[name](all_of, axes, n, tried):
        rounds.append(len(new))
        tried += [(configuration, value(configuration)) for configuration in new]
    return tried, rounds


def far(configuration):
    """Return a value that is least at lr x4 with beta1 0.5, whatever the weight."""
    return (configuration.get("lr") != "x4") + (configuration.get("beta1") != "0.5") + 1.0


def test_the_grid_is_tried_at_once():
    tried, rounds = tried_by("grid", 5, far)
    assert rounds == [5] and tried[0][0] == {}


def test_optuna_tries_the_papers_first_then_rounds_and_comes_to_the_best():
    tried, rounds = tried_by("optuna", 30, far)
    assert tried[0][0] == {} and rounds == [1 + ROUND, *[ROUND] * 6, 1]
    late = [value for _, value in tried[15:]]
    assert sum(late) / len(late) < 1.7  # by chance 1 + 2 / 3 + 1 / 2
    assert tried == tried_by("optuna", 30, far)[0]


def test_optuna_goes_on_where_a_smaller_search_ended_and_survives_failures():
    small, large = tried_by("optuna", 7, far)[0], tried_by("optuna", 12, far)[0]
    assert len(small) == 7 and large[:7] == small
    failing, _ = tried_by("optuna", 12, lambda c: math.inf if c.get("lr") == "x1" else far(c))
    assert len(failing) == 12


def test_a_variant_without_any_of_the_axes_tries_the_papers_alone():
    for sampler in SAMPLERS.values():
        assert sampler([{}], {}, 5, []) == [{}] and sampler([{}], {}, 5, [({}, 1.0)]) == []
