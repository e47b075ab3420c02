"""A search in tables and words, from its recipe's file."""

import math

import pandas as pd
import pytest

from ganbench.reports.search import curves, sentences, shares, tries, write
from ganbench.stats.search import expected_best

INF = math.inf
FOUND = {
    "metric": "w1",
    "variants": {
        "a": {"rate_factor": 5.0, "values": {"1": [4.0, 4.4], "5": [2.0, 1.0, 3.0], "20": [INF]}},
        "b": {"rate_factor": 1.0, "values": {"1": [1.0, 1.1], "5": [2.0], "20": [8.0]}},
    },
}


def test_tries():
    table = tries(FOUND)
    assert table[table["chosen"]][
        ["variant", "rate_factor", "n_seeds", "median"]
    ].values.tolist() == [
        ["a", 5.0, 3, 2.0],
        ["b", 1.0, 2, 1.05],
    ]
    assert table["median"].max() == INF and len(table) == 6


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
    assert said[0].startswith("1 of 2 variants take another rate than their paper's; 0 take")
    # a: 2 / 4.2, b: 1
    assert f"their w1 is {(2 / 4.2 + 1) / 2:.2f} times that" in said[1]
    assert said[2].startswith("Of the spread of its logarithm: method ")


def test_files(tmp_path):
    about = {"name": "x", "dataset": "ring2d", "arch": "toy", "steps": 10, "batch": 4}
    found = FOUND | about | {"preset": "quick", "n_validation": 9}
    names = [path.name for path in write(tmp_path, found)]
    assert names == ["tries.csv", "expected-best.csv", "expected-best.png", "expected-best.svg"]
    assert len(pd.read_csv(tmp_path / "expected-best.csv")) == 6
