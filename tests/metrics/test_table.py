"""Distances of tables: closed forms, independent references, broken rows, bad input."""

import numpy as np
import pytest

from ganbench.core import registry
from ganbench.metrics import column_distances
from ganbench.metrics.table import correlations, train_on_synthetic
from tests.metrics._helpers import BAD, check_entry, computed, over_bad
from tests.metrics._known import rows

WIDTHS, TARGET = np.array([1, 3, 1]), 2
METRIC = registry.metrics.get("table")


def measured(real, fake, widths=WIDTHS, target=TARGET):
    known = {"widths": np.array(widths), "target": np.array(target)}
    return computed(METRIC, METRIC.prepare((known, real)), fake)


def test_columns_in_closed_form():
    """Numbers moved by 0.3 are 0.3 apart; categories by half the sum of their differences."""
    x, kinds = np.linspace(-1, 1, 50)[:, None], np.eye(3)[np.arange(50) % 3]
    other = np.eye(3)[np.zeros(50, int)]
    found = column_distances(np.hstack([x, kinds]), np.hstack([x + 0.3, other]), [1, 3])
    share = np.bincount(np.arange(50) % 3) / 50
    assert found == pytest.approx([0.3, 1 - share[0]])
    assert column_distances(np.hstack([x, kinds]), np.hstack([x, kinds]), [1, 3]).tolist() == [0, 0]


def test_the_largest_number_of_a_category_counts():
    x = rows(60, 1)
    soft = x.copy()
    soft[:, 1:4] = 0.2 * soft[:, 1:4] + 5
    assert column_distances(x, soft, WIDTHS).max() == 0
    assert measured(x, soft) == measured(x, x)


def test_numbers_against_sorted_values_and_correlations_against_numpy():
    x, y = rows(80, 1), rows(80, 2)
    found = column_distances(x, y, WIDTHS)
    assert found[0] == pytest.approx(abs(np.sort(x[:, 0]) - np.sort(y[:, 0])).mean())
    assert np.allclose(correlations(x), np.corrcoef(x.T))
    constant = np.column_stack([x, np.ones(80)])
    assert correlations(constant)[-1].tolist() == [0.0] * 6


def test_a_perfect_sampler_is_near_the_floor_and_broken_ones_are_far():
    real, good = rows(3_000, 1), rows(3_000, 2)
    found = measured(real, good)
    assert found["column_distance"] < 0.05 and found["correlation_distance"] < 0.03
    assert found["tstr"] > 0.95
    rng = np.random.default_rng(0)
    columns = (good[:, :1], good[:, 1:4], good[:, 4:])
    apart = np.hstack([rng.permutation(column) for column in columns])
    broken = {
        "moved": (good + [0.5, 0, 0, 0, 0], "column_distance", 0.15),
        "one kind": (good * [1, 1, 0, 0, 1], "column_worst", 0.6),
        "independent": (apart, "correlation_distance", 0.2),
    }
    for name, (fake, key, least) in broken.items():
        assert measured(real, fake)[key] > max(least, 3 * found[key]), name
    assert measured(real, apart)["column_distance"] < 0.4  # by itself no column tells
    assert measured(real, apart)["tstr"] < 0.3


def test_a_number_that_cannot_be_predicted_scores_nothing():
    real, noise = rows(200, 1), rows(200, 2)
    noise[:, 4] = np.random.default_rng(0).normal(9, 1, 200)
    assert measured(real, noise)["tstr"] == 0.0


def test_a_category_is_scored_by_accuracy():
    real, fake = rows(400, 1), rows(400, 2)
    score = train_on_synthetic(real, fake, WIDTHS, 1)
    assert 0.9 < score <= 1
    constant = fake * [1, 0, 0, 0, 1] + [0, 1, 0, 0, 0]
    share = real[:, 1].mean()
    assert train_on_synthetic(real, constant, WIDTHS, 1) == pytest.approx(share)


def test_the_order_of_rows_does_not_matter_to_distances():
    x, y = rows(50, 1), rows(50, 2)
    found, turned = measured(x, y), measured(x[::-1], y[::-1])
    for key in ("column_distance", "column_worst", "correlation_distance"):
        assert found[key] == pytest.approx(turned[key], rel=1e-12)


def test_the_forest_is_grown_where_its_score_is_wanted():
    known = {"widths": WIDTHS, "target": np.array(TARGET)}
    found = METRIC.compute(METRIC.prepare((known, rows(40, 1))), rows(40, 2))
    assert callable(found["tstr"]) and not callable(found["column_distance"])


@over_bad
def test_bad_rows(bad):
    value, message = BAD[bad]
    with pytest.raises(ValueError, match=f"^real {message}"):
        column_distances(value, rows(5, 1), [1, 1])
    with pytest.raises(ValueError, match=f"^fake {message}"):
        column_distances(rows(5, 1), value, WIDTHS)


def test_another_width():
    with pytest.raises(ValueError, match="table has 5 features and fake 4: not comparable"):
        measured(rows(9, 1), rows(9, 1)[:, :4])


def test_the_entry(tmp_path):
    known, x, y = {"widths": WIDTHS, "target": np.array(TARGET)}, rows(60, 1), rows(70, 2)
    check_entry("table", tmp_path, (known, x), y, measured(x, y))
