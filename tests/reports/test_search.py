"""A search in tables and words, from its recipe's file."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import f_oneway

from ganbench.reports.search import (
    at_the_edge,
    curves,
    on_the_test_split,
    sensitivity,
    sentences,
    shares,
    tries,
    write,
)
from ganbench.stats.search import expected_best

INF = math.inf
X5, X2, B0 = {"lr": "x5"}, {"lr": "x2", "beta1": "0"}, {"lr": "x5", "beta1": "0"}
FOUND = {  # as older files have it
    "metric": "w1",
    "variants": {
        "a": {"rate_factor": 5.0, "values": {"1": [4.0, 4.4], "5": [2.0, 1.0, 3.0], "20": [INF]}},
        "b": {"rate_factor": 1.0, "values": {"1": [1.0, 1.1], "5": [2.0], "20": [8.0]}},
    },
}


SEARCH = {
    "metric": "w1",
    "space": {"lr": ["x2", "x5"], "beta1": ["0", "0.5"]},
    "variants": {
        "a": {
            "configuration": B0,
            "tries": [[{}, 8.0], [X2, 4.0], [B0, 2.0], [{"lr": "x2", "beta1": "0.5"}, INF]],
            "finals": [[X2, 3.0], [X2, 5.0], [B0, 1.0], [B0, 1.5]],
            "test": [[B0, 2.0], [B0, 4.0], [{}, 9.0], [{}, 7.0]],
        },
        "b": {"configuration": {}, "tries": [[{}, 1.0]], "finals": [], "test": [[{}, 1.0]]},
    },
}


def test_tries():
    table = tries(FOUND)
    assert table[table["chosen"]][
        ["variant", "configuration", "n_seeds", "median"]
    ].values.tolist() == [
        ["a", "lr x5", 3, 2.0],
        ["b", "paper", 2, 1.05],
    ]
    assert table["median"].max() == INF and len(table) == 6


def test_tries_of_configurations_have_all_their_seeds():
    table = tries(SEARCH).set_index(["variant", "configuration"])
    assert table.loc[("a", "lr x5, beta1 0")].tolist() == [True, 3, 1.5]
    assert table.loc[("a", "lr x2, beta1 0.5")].tolist() == [False, 1, INF]
    assert table.loc[("b", "paper")].tolist() == [True, 1, 1.0]


def test_sensitivity_is_the_share_between_the_values_of_an_axis():
    table = sensitivity(SEARCH).set_index(["variant", "axis"])
    rate = table.loc[("a", "lr")]  # 8 at x1, the paper's; 4, 3, 5 and a failure at x2; 2, 1, 1.5
    logs = [np.log([8.0]), np.log([4.0, 3.0, 5.0]), np.log([2.0, 1.0, 1.5])]
    f = f_oneway(*logs).statistic * 2 / 4
    assert rate["share"] == pytest.approx(f / (1 + f)) and rate["by_chance"] == pytest.approx(2 / 6)
    assert rate["n_seeds"] == 8 and rate["best"] == "x5"
    assert rate["worst_over_best"] == pytest.approx(8 / 1.5)
    beta = table.loc[("a", "beta1")]  # a failure at 0.5 has no logarithm; the paper's no place
    assert beta["n_seeds"] == 7 and beta["share"] == 0 and beta["best"] == "0"
    assert "b" not in table.index.get_level_values(0)


def test_the_test_split_tells_what_the_choice_brought():
    assert on_the_test_split(SEARCH).values.tolist() == [
        ["a", "lr x5, beta1 0", 2, 3.0, 8.0],
        ["b", "paper", 1, 1.0, 1.0],
    ]
    assert on_the_test_split(FOUND).empty
    said = sentences(SEARCH)
    assert f"their w1 is {(3 / 8 + 1) / 2:.2f} times that" in said[2] and "test split" in said[2]


def test_at_the_edge_of_an_axis_of_multiples():
    assert at_the_edge(SEARCH) == ["a"] and at_the_edge(FOUND) == []
    further = SEARCH | {"space": {"lr": ["x2", "x5", "x9"], "beta1": ["0.5", "0"]}}
    assert at_the_edge(further) == []


def test_curves_take_one_seed_a_try():
    table = curves(FOUND).set_index(["variant", "tries"])
    assert table.loc[("b", 1), "expected_best"] == pytest.approx((1 + 2 + 8) / 3)
    assert table.loc[("b", 3), "expected_best"] == pytest.approx(expected_best([1.0, 2.0, 8.0], 3))
    assert table.loc[("a", 3), "expected_best"] == INF
    assert table.loc[("a", 1), "low"] == pytest.approx(2.0)


def test_shares_are_of_logarithms_without_what_failed():
    found = shares(FOUND)
    assert sum(found.values()) == pytest.approx(1) and all(v >= 0 for v in found.values())
    scaled = {name: own | {"values": {f: [10 * v for v in vs] for f, vs in own["values"].items()}}
              for name, own in FOUND["variants"].items()}  # fmt: skip
    assert shares({"variants": scaled}) == pytest.approx(found)


def test_sentences():
    said = sentences(FOUND)
    assert said[0].startswith("1 of 2 variants take another configuration than their paper's; 0")
    # a: 2 / 4.2, b: 1
    assert f"their w1 is {(2 / 4.2 + 1) / 2:.2f} times that" in said[1]
    assert said[2].startswith("Of the spread of its logarithm: method ")


def test_files(tmp_path):
    about = {"name": "x", "dataset": "ring2d", "arch": "toy", "steps": 10, "batch": 4}
    found = FOUND | about | {"preset": "quick", "n_validation": 9}
    names = [path.name for path in write(tmp_path, found)]
    pictures = ["expected-best.png", "expected-best.svg"]
    assert names == ["tries.csv", "expected-best.csv", "sensitivity.csv", *pictures]
    assert len(pd.read_csv(tmp_path / "expected-best.csv")) == 6
