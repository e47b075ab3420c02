"""Findings in words."""

import pandas as pd
import pytest

from ganbench.reports import findings as findings_module
from ganbench.reports import leaderboard
from ganbench.reports.findings import aa_sentences, few, findings, limits, limits_of
from tests.reports import _golden

KNOWN = leaderboard.quantities(_golden.records())


@pytest.fixture
def table():
    return leaderboard.results(_golden.records())


def said(table, primary="fd"):
    board = leaderboard.leaderboard(table, KNOWN)
    return findings(board, table, primary)


def test_who_has_not_learned_is_named_and_single_seeds_too(table):
    first, second, third = said(table)
    assert first == (
        "Not learned at this budget, no better than a Gaussian fitted to the data (1): poor."
    )
    assert second == "Of variants that mostly learned, single seeds: diverged: shaky (1/3)."
    assert third == "precision could not be measured for shaky."


def test_a_variant_is_named_by_what_most_of_its_seeds_did(table):
    last = table["checkpoint"] == 2
    ns = table["variant"] == "ns"
    table.loc[last & ns & (table["seed"] < 2), "verdict"] = "collapsed"
    assert "Collapsed: learned, with modes lost or far too rare (1): ns (2/3)." in said(table)


def test_a_collapse_counts_on_the_way_only_after_learning(table):
    """What had not learned at first has not collapsed at first."""
    assert not any("on the way" in sentence for sentence in said(table))  # good: not learned first
    at = (table["variant"] == "ns") & (table["checkpoint"] == 1) & (table["seed"] > 0)
    table.loc[at, "verdict"] = "collapsed"
    assert "Collapsed at a checkpoint on the way, learned at the end: ns (2)." in said(table)


def test_what_a_budget_cannot_show_is_said(table):
    names = ["ns", *(f"v{i}" for i in range(49))]
    screening, p = limits(1, 1_000, names)
    assert screening.startswith("A screening: ranks take 3 seeds and 3,000 generator updates")
    assert p == "No p-values: 49 comparisons with ns can reach 0.05 from 7 seeds each."
    assert limits(3, 2_999, ["a"])[0].startswith("A screening")
    assert limits(2, 3_000, ["a"])[0].startswith("A screening")
    assert limits(3, 3_000, ["a", "b"]) == ["Intervals from 3 seeds are rough: see --seeds."]
    assert limits(7, 3_000, names) == [] and limits(6, 3_000, names) == [p]
    board = leaderboard.leaderboard(table, KNOWN)
    assert limits_of(board, "fd") == limits(3, 3_000, ["ns", "good", "shaky", "poor"])


def test_the_pair_with_the_same_gradients_shows_the_noise():
    rows = [
        {"variant": variant, "seed": seed, "metric": "fd", "checkpoint": 1, "value": value}
        for variant, values in {"ns": [70.0, 77.0, 74.0], "fgan-js": [72.0, 75.0, 78.0]}.items()
        for seed, value in enumerate(values)
    ]
    table = pd.DataFrame(rows)
    (sentence,) = aa_sentences(table[["variant"]].drop_duplicates(), table, "fd")
    assert "fgan-js has the gradients of ns" in sentence and "inside the noise" in sentence
    table.loc[table["variant"] == "ns", "value"] *= 2
    assert "OUTSIDE" in aa_sentences(table[["variant"]].drop_duplicates(), table, "fd")[0]
    assert aa_sentences(pd.DataFrame({"variant": ["ns"]}), table, "fd") == []


def test_long_lists_are_cut_and_large_differences_are_factors():
    names = [f"v{i}" for i in range(12)]
    assert few(names) == ", ".join(names[:10]) + " and 2 more" and few(names[:10]).endswith("v9")
    assert findings_module.difference_words(0.1, log=True) == "11 %"
    assert findings_module.difference_words(1.6094379, log=True) == "a factor of 5"
    assert findings_module.difference_words(0.25, log=False) == "0.25"
