"""Ranks with their intervals, and corrected tests."""

import math

import numpy as np
import pytest
from scipy.stats import PermutationMethod, mannwhitneyu

from ganbench.stats.compare import (
    against,
    corrected,
    holm,
    least_p,
    order,
    permutation_p,
    rank_sum_p,
    ranks,
    seeds_needed,
    simultaneous_ranks,
)

INF = math.inf


def normal(n, seed=0):
    return np.random.default_rng(seed).standard_normal(n)


def array(*values):
    return np.array(values, float)


def test_order_by_hand():
    assert order(array(3, 1, 2, 1), False).tolist() == [4, 1.5, 3, 1.5]
    assert order(array(3, 1, 2, 1), True).tolist() == [1, 3.5, 2, 3.5]
    assert order(array(INF, 0, INF), False).tolist() == [2.5, 1, 2.5]
    assert order(array([1, 2], [2, 1]), False).tolist() == [[1, 2], [2, 1]]


def test_ranks_of_separate_groups_are_certain():
    groups = [normal(5, 1) + 20, normal(7, 2), normal(5, 3) + 40]
    assert ranks(groups, False, draws=200).tolist() == [[2] * 3, [1] * 3, [3] * 3]
    assert ranks(groups, True, draws=200).tolist() == [[2] * 3, [3] * 3, [1] * 3]


def test_tied_groups_share_a_rank():
    groups = [array(1, 1), array(5, 5, 5), array(1, 1, 1)]
    assert ranks(groups, False, draws=100).tolist() == [[1.5] * 3, [3] * 3, [1.5] * 3]


def test_failed_groups_are_last():
    failed = np.full(3, INF)
    groups = [failed, array(1, 2, 3), failed, array(7, INF, 8)]
    found = ranks(groups, False, draws=300)
    assert found[:, 0].tolist() == [3.5, 1, 3.5, 2]
    assert found[1].tolist() == [1, 1, 1]
    assert found[3, 2] == 3  # mostly infinite draws tie with the two that failed
    assert not np.isnan(found).any()


def test_equal_groups_are_drawn_independently():
    x = normal(9)
    assert ranks([x, x], False).tolist() == [[1.5, 1, 2]] * 2


def test_interval_of_a_rank_by_hand():
    # the median of three draws of the second group is below 0 with probability 7 / 27 = 0.26
    groups = [array(0, 0, 0), array(-1, 1, 1)]
    assert ranks(groups, False, level=0.4)[1].tolist() == [2, 2, 2]  # 0.3 cut on either side
    assert ranks(groups, False, level=0.6)[1].tolist() == [2, 1, 2]  # 0.2
    assert ranks(groups, False, level=0.4)[0].tolist() == [1, 1, 1]
    assert ranks(groups, False, level=0.6)[0].tolist() == [1, 1, 2]


def test_ranks_are_reproducible_by_seed():
    groups = [normal(4, i) for i in range(6)]
    assert (ranks(groups, False, seed=1) == ranks(groups, False, seed=1)).all()
    found = [ranks(groups, False, level=level) for level in (0.5, 0.95)]
    assert (found[1][:, 1] <= found[0][:, 1]).all()
    assert (found[1][:, 2] >= found[0][:, 2]).all()
    assert (found[1] != found[0]).any()


# ---- tests ----


def test_holm_by_hand():
    # ascending 0.005 x 4, 0.01 x 3, 0.03 x 2, 0.04 x 1 -> the last is raised to the one before
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.2]) == [0.2]
    assert holm([0.6, 0.7, 0.9]) == [1, 1, 1]
    assert holm([0.02, 0.02, 0.02]) == pytest.approx([0.06] * 3)
    assert holm([]) == []


def test_against_is_mann_whitney():
    base, other = normal(8, 1), normal(10, 2) + 1
    wanted = mannwhitneyu(other, base, alternative="two-sided").pvalue
    assert wanted < 0.2
    assert against(base, [other]) == pytest.approx([wanted])


def test_against_corrects_by_holm():
    base, groups = normal(8, 1), [normal(8, 2) + 1, normal(8, 3), normal(8, 4) + 3]
    raw = [mannwhitneyu(g, base).pvalue for g in groups]
    assert against(base, groups) == pytest.approx(holm(raw))
    assert against(base, groups)[2] == pytest.approx(3 * raw[2])


def test_against_counts_arrangements():
    # separate groups: 2 of the C(2n, n) arrangements are as extreme
    for n in (4, 5):
        assert against(np.arange(n), [np.arange(n) + 10.0])[0] == pytest.approx(
            2 / math.comb(2 * n, n)
        )


def test_against_reads_ranks_alone():
    base, group = array(1, 3, 5, 7), array(2, 4, 6, INF)
    assert against(base, [group]) == against(base, [array(2, 4, 6, 8)])
    assert against(np.exp(base), [np.exp(group)]) == against(base, [group])


def test_against_itself_finds_nothing():
    assert against(array(1, 2, 3, 4), [array(1, 2, 3, 4)]) == [1]
    assert against(np.full(4, INF), [np.full(4, INF)]) == [1]


def test_no_p_value_is_given_where_none_can_reach_a_twentieth():
    """3 seeds: 2/20; 49 tests need 7 seeds: 49 * 2 / C(14, 7) = 0.0286, with 6 it is 0.106."""
    low, high = np.arange(3.0), np.arange(3.0) + 10
    assert math.isnan(against(low, [high])[0])
    assert least_p(3, 3, 1) == pytest.approx(0.1)
    assert least_p(7, 7, 49) == pytest.approx(49 * 2 / 3432) and seeds_needed(49) == 7
    assert least_p(6, 6, 49) == pytest.approx(0.106, abs=1e-3) and seeds_needed(1) == 4
    six, seven = ([np.arange(n) + 10.0 * i for i in range(1, 50)] for n in (6, 7))
    assert np.isnan(against(np.arange(6.0), six)).all()
    assert against(np.arange(7.0), seven) == pytest.approx([49 * 2 / 3432] * 49)


@pytest.mark.parametrize(("n", "m"), [(2, 2), (3, 3), (5, 7), (2, 10), (6, 4)])
def test_the_p_value_of_all_permutations_is_that_of_scipy(n, m):
    rng = np.random.default_rng(n)
    for _ in range(5):
        x, y = (rng.integers(0, 5, size).astype(float) for size in (n, m))  # with ties
        x[0] = INF
        found = permutation_p(x, y)
        wanted = mannwhitneyu(x, y, method=PermutationMethod()).pvalue
        assert found == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("n", [9, 15, 20])
def test_p_values_are_exact_where_many_comparisons_need_small_ones(n):
    """The normal law ends at 1.8e-4 for 10 against 10 seeds, and 2 / C(20, 10) is 1.1e-5."""
    x, y = normal(n), normal(n, 1) + 0.5
    wanted = mannwhitneyu(x, y, method="exact").pvalue
    assert rank_sum_p(x, y) == pytest.approx(wanted, rel=1e-9)
    assert rank_sum_p(np.arange(n), np.arange(n) + 50.0) == pytest.approx(least_p(n, n, 1))
    failed = np.where(np.arange(n) < 3, INF, normal(n, 2))
    assert rank_sum_p(failed, y) == pytest.approx(permutation_p(failed, y))


def test_many_seeds_take_the_normal_law():
    x, y = normal(40), normal(40, 1) + 0.3
    assert rank_sum_p(x, y) == mannwhitneyu(x, y).pvalue
    assert permutation_p(x[:30], y[:30]) == pytest.approx(
        mannwhitneyu(x[:30], y[:30], method="exact").pvalue, rel=1e-6
    )


def test_simultaneous_ranks_by_hand():
    """9 seeds and 3 tests: what does not overlap is told apart, and what does is not."""
    low, middle, high = np.arange(9.0), np.arange(9.0) + 0.5, np.arange(9.0) + 20
    found = simultaneous_ranks([high, low, middle], higher_is_better=False)
    assert found.tolist() == [[3, 3], [1, 2], [1, 2]]
    assert simultaneous_ranks([high, low, middle], True).tolist() == [[1, 1], [2, 3], [2, 3]]
    failed = np.full(9, INF)
    assert simultaneous_ranks([failed, low, failed], False).tolist() == [[2, 3], [1, 1], [2, 3]]
    few = simultaneous_ranks([x[:3] for x in (high, low, middle)], False)
    assert few.tolist() == [[1, 3]] * 3  # three seeds cannot tell


@pytest.mark.parametrize("draw", ["standard_normal", "lognormal"])
def test_ten_equal_methods_are_rarely_called_different_from_the_first(draw):
    """The family-wise error is at most 5 %: of 400 comparisons 20, and their noise (2 sd: 9)."""
    rng = np.random.default_rng(0)
    wrong = 0
    for _ in range(400):
        groups = getattr(rng, draw)(size=(10, 10))
        wrong += bool((np.array(against(groups[0], groups[1:])) < 0.05).any())
    assert 4 <= wrong <= 29


def test_ten_equal_methods_rarely_have_different_ranks():
    """All 45 pairs at once: at most 5 % of 150 comparisons, 8, and their noise (2 sd: 5)."""
    rng = np.random.default_rng(1)
    groups = rng.standard_normal((150, 10, 10))
    assert sum((simultaneous_ranks(list(g), False) != [1, 10]).any() for g in groups) <= 13


def test_pairs_are_corrected_together():
    x, y, z = normal(10), normal(10, 1) + 2, normal(10, 2) + 1
    raw = [mannwhitneyu(a, b, method="exact").pvalue for a, b in ((x, y), (x, z))]
    assert corrected([(x, y), (x, z)]) == pytest.approx(holm(raw))
    assert corrected([]) == []
