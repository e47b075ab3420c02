"""Stability: rates, when a variant learned and lost it, how calm its training was."""

import math

import numpy as np
import pytest

from ganbench.reports.stability import (
    STABILITY_COLUMNS,
    bursts,
    restlessness,
    saturation,
    stability,
)
from ganbench.stats.rates import clopper_pearson
from tests.reports import _golden

NAN, INF = math.nan, math.inf


@pytest.fixture(scope="module")
def table():
    return stability(_golden.records()).set_index("variant")


def test_a_row_for_each_trained_variant(table):
    assert list(table.index) == ["ns", "good", "shaky", "poor"]
    assert list(table.reset_index()[STABILITY_COLUMNS]) == STABILITY_COLUMNS
    assert set(table["n_seeds"]) == {3} and set(table["arch"]) == {"net:width=4"}
    assert set(table["metric"]) == {"fd"} and set(table["g_steps"]) == {3_000}


def test_rates_have_exact_intervals(table):
    found = table.loc["shaky"]
    assert (found["learned"], found["diverged"]) == pytest.approx((2 / 3, 1 / 3))
    assert (found["learned_low"], found["learned_high"]) == clopper_pearson(2, 3)
    assert (found["failed_low"], found["failed_high"]) == clopper_pearson(0, 3)
    assert table.loc["poor", "not_learned"] == 1 and table.loc["ns", "learned"] == 1


def test_when_it_learned(table):
    """ns at the first checkpoint; of good two seeds at the first, one at the second."""
    assert table.loc["ns", ["steps_to_learn", "seconds_to_learn"]].tolist() == [1_500, 4]
    assert table.loc["good", "steps_to_learn"] == 1_500
    assert table.loc["poor", "steps_to_learn"] == INF
    assert table.loc["ns", "lost"] == 0 and math.isnan(table.loc["ns", "lost_at"])


def test_what_was_lost():
    """Seed 0 of ns ends collapsed, seed 1 diverges after it had learned."""
    records = [_golden.record("ns", seed) for seed in range(3)]
    records[1] = records[1].model_copy(update={"status": "diverged", "diverged_at": 2_000})
    verdicts = {
        records[0].run_id: ["learned", "collapsed"],
        records[1].run_id: ["learned", "learned", "diverged"],
        records[2].run_id: ["not learned", "learned"],
    }
    row = stability(records, verdicts).iloc[0]
    assert row["lost"] == pytest.approx(2 / 3)
    assert row["lost_at"] == 2_500  # the median of 3,000 (its checkpoint) and 2,000 (it diverged)
    assert row["collapsed"] == pytest.approx(1 / 3) and row["diverged"] == pytest.approx(1 / 3)


def test_spread_and_ends(table):
    assert table.loc["good", "spread"] == pytest.approx(np.log([1, 3, 2]).std(ddof=1))
    assert table.loc["good", "last_over_best"] == 1
    assert table.loc["shaky", "last_over_best"] == 1  # 1 / 1, the one that diverged, 4 / 4
    assert math.isnan(table.loc["good", "restlessness"])  # two checkpoints


def test_restlessness_is_of_the_last_half():
    assert restlessness(np.exp([9.0, 9.0, 1.0, 2.0])) == pytest.approx(1.0)
    assert restlessness(np.exp([0, 5, 0, 1, 0.5, 2.0])) == pytest.approx((0.5 + 1.5) / 2)
    assert math.isnan(restlessness(np.array([1.0, 2.0, 3.0])))
    assert math.isnan(restlessness(np.array([1.0, 2.0, 0.0, 3.0])))


def test_bursts_are_norms_far_over_their_median():
    calm = [1.0] * 10
    history = {"d_grad_norm": [*[1.0] * 9, 10.5], "g_grad_norm": calm}
    assert bursts(history) == pytest.approx(0.1)
    assert bursts({"d_grad_norm": [*[1.0] * 9, 9.5], "g_grad_norm": calm}) == 0
    assert bursts({"d_grad_norm": calm, "g_grad_norm": [None, *[2.0] * 9]}) == pytest.approx(0.1)
    assert math.isnan(bursts({})) and math.isnan(
        bursts({"d_grad_norm": [None], "g_grad_norm": [1]})
    )


def test_saturation_is_being_sure_of_both_sides():
    history = {"d_real": [4.7, 4.7, 1.0, None], "d_fake": [-4.7, -4.5, -9.0, -9.0]}
    assert saturation(history) == pytest.approx(0.25)
    assert math.isnan(saturation({}))


def test_seeds_without_history_or_values_do_not_count():
    record = _golden.record("ns", 0)
    calm = {key: [1.0, 1.0] for key in ("d_grad_norm", "g_grad_norm", "d_real", "d_fake")}
    row = stability([record.model_copy(update={"history": calm}), _golden.record("ns", 1)]).iloc[0]
    assert row["bursts"] == 0 and row["saturation"] == 0
    failed = record.model_copy(update={"status": "failed", "measurements": ()})
    row = stability([failed]).iloc[0]
    assert row["failed"] == 1 and row["steps_to_learn"] == INF and math.isnan(row["spread"])
