"""Aggregates, intervals, ranks and tests over seeds."""

import itertools
import math

import numpy as np
import pytest
from scipy.stats import PermutationMethod, bootstrap, mannwhitneyu, trim_mean

from ganbench.stats.aggregate import interval, iqm, median, resampled, resamples
from ganbench.stats.compare import against, holm, least_p, order, permutation_p, ranks, seeds_needed
from ganbench.stats.lost_modes import p_lost
from ganbench.stats.noise import Noise, pooled_noise, within_noise_of_best

INF = math.inf


def normal(n, seed=0):
    return np.random.default_rng(seed).standard_normal(n)


def array(*values):
    return np.array(values, float)


# ---- aggregates ----


@pytest.mark.parametrize("n", range(1, 21))
def test_iqm_is_the_trimmed_mean(n):
    x = normal(n) ** 3
    assert iqm(x) == pytest.approx(trim_mean(x, 0.25), rel=1e-12)
    table = normal(6 * n).reshape(2, 3, n)
    assert iqm(table) == pytest.approx(trim_mean(table, 0.25, axis=-1), rel=1e-12)


def test_iqm_by_hand():
    assert iqm(array(9, 1, 2)) == 4  # fewer than four: the plain mean
    assert iqm(array(100, 2, 1, 4)) == 3
    assert iqm(array(0, 1, 2, 3, 4, 5, 6, 100)) == 3.5


def test_iqm_forgives_a_quarter_of_failures():
    assert iqm(array(1, 2, 4, INF)) == 3
    assert iqm(array(1, 2, INF, INF)) == INF
    assert iqm(array(INF, INF)) == INF


@pytest.mark.parametrize("n", range(1, 12))
def test_median_is_that_of_numpy(n):
    x = normal(n)
    assert median(x) == np.median(x)
    table = normal(6 * n).reshape(2, 3, n)
    assert (median(table) == np.median(table, axis=-1)).all()
    for failed in range(n + 1):
        y = np.concatenate([x[failed:], np.full(failed, INF)])
        assert median(y) == np.median(y)


def test_median_of_infinities():
    assert median(array(INF, INF)) == INF
    assert median(array(1, INF)) == INF
    assert median(array(1, INF, 2)) == 2
    assert median(array(-INF, -INF)) == -INF


# ---- intervals ----


@pytest.mark.parametrize("values", [[3.0], [3.0] * 5, [0.1] * 7, [INF] * 3])
@pytest.mark.parametrize("statistic", [iqm, median])
def test_interval_of_constant_values_is_a_point(values, statistic):
    low, high = interval(array(*values), statistic, draws=200)
    assert low == high == pytest.approx(values[0], rel=1e-15)


def test_interval_is_reproducible_by_seed():
    x = normal(10)
    assert interval(x, draws=300, seed=5) == interval(x, draws=300, seed=5)
    assert interval(x, draws=300, seed=5) != interval(x, draws=300, seed=6)


def test_interval_holds_the_statistic_and_widens_with_the_level():
    x = normal(15)
    found = [interval(x, level=level) for level in (0.5, 0.9, 0.95, 0.99)]
    for (low, high), (lower, higher) in itertools.pairwise(found):
        assert lower < low < iqm(x) < high < higher


@pytest.mark.parametrize(
    ("level", "draws", "outside"),
    [
        (0.95, 10_000, 250),
        (0.95, 2_000, 50),
        (0.5, 100, 25),
        (0.99, 1_000, 5),
        (1.0, 100, 0),
        (0.9, 100, 5),
    ],
)
def test_interval_leaves_as_many_draws_on_either_side(level, draws, outside):
    x = normal(50)
    drawn = np.sort(iqm(x[resamples(50, draws, 3)]))
    found = interval(x, level=level, draws=draws, seed=3)
    assert found == (drawn[outside], drawn[-1 - outside])


def test_interval_against_scipy():
    x = normal(20) + 3
    wanted = bootstrap(
        (x,), np.mean, n_resamples=10_000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    found = interval(x, lambda v: v.mean(-1))
    assert found == pytest.approx((wanted.low, wanted.high), abs=0.03)


@pytest.mark.parametrize("statistic", [iqm, median])
def test_interval_covers_about_as_often_as_it_says(statistic):
    hits = 0
    for seed in range(200):
        low, high = interval(normal(20, seed), statistic, draws=400, seed=seed)
        hits += low <= 0 <= high
    # 0.95 nominal; the percentile interval is a little short at n = 20
    assert 0.88 <= hits / 200 <= 0.985


def test_interval_with_failures_has_no_nan():
    low, high = interval(array(1, 2, 3, INF, INF), median, draws=500)
    assert 1 <= low <= 3
    assert high == INF


def test_interval_of_nothing():
    with pytest.raises(ValueError, match="values is empty: at least 1 needed"):
        interval(array())


def test_resamples_draw_every_index_with_replacement():
    found = resamples(6, 2000, 0)
    assert found.shape == (2000, 6)
    assert np.bincount(found.ravel()).min() > 1800
    assert len(np.bincount(found.ravel())) == 6
    assert any(len(set(row)) < 6 for row in found)


# ---- ranks ----


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


def test_the_noise_is_pooled_over_groups_by_logarithms():
    noise = pooled_noise([np.exp([1.0, 3.0]), np.exp([0.0, 1.0, 2.0]), np.array([5.0])])
    assert noise.freedom == 3 and noise.log and noise.sd == pytest.approx(math.sqrt((2 + 2) / 3))
    plain = pooled_noise([array(1, 3), array(0, 1, 2)])
    assert not plain.log and plain.sd == pytest.approx(math.sqrt(4 / 3))
    assert not pooled_noise([array(1, 3), array(-1)]).log  # one scale for all
    assert pooled_noise([array(1), array(2)]) is None and pooled_noise([array(1, INF)]) is None
    # t(0.975, 3) = 3.182
    assert plain.half_width(2, 4) == pytest.approx(3.1824463 * math.sqrt(4 / 3) * math.sqrt(0.75))


def test_bands_hold_what_one_seed_cannot_tell_from_the_best():
    noise = Noise(sd=1.0, freedom=4, log=False)  # half width 2.776 * sqrt 2 = 3.926
    values = array(10, 13.9, 13.95, 20)
    assert within_noise_of_best(values, False, noise).tolist() == [True, True, False, False]
    assert within_noise_of_best(-values, True, noise).tolist() == [True, True, False, False]


def test_lost_modes_are_judged_against_what_real_samples_lose():
    """2 modes, 5 samples: all lie in one of them with 2 / 2^5; both are never missed."""
    half = array(0.5, 0.5)
    assert p_lost(0, half, 5) == 1 and p_lost(1, half, 5) == pytest.approx(2**-4, abs=0.01)
    assert p_lost(2, half, 5) == 0
    assert p_lost(1, array(0.5, 0.5, 0.0), 5) == p_lost(1, half, 5)  # a mode that real data lack
    assert p_lost(1, np.full(10, 0.1), 1_000) == 0  # 9 of 10 classes: real samples never
    many = np.full(1000, 0.001)  # a Poisson law with mean 4.5
    assert 0.4 < p_lost(5, many, 5_400) < 0.55 and p_lost(30, many, 5_400) == 0


@pytest.mark.parametrize(("n", "m"), [(2, 2), (3, 3), (5, 7), (2, 10), (6, 4)])
def test_the_p_value_of_all_permutations_is_that_of_scipy(n, m):
    rng = np.random.default_rng(n)
    for _ in range(5):
        x, y = (rng.integers(0, 5, size).astype(float) for size in (n, m))  # with ties
        x[0] = INF
        found = permutation_p(x, y)
        assert found == mannwhitneyu(x, y, method=PermutationMethod()).pvalue


@pytest.mark.parametrize("n", [1, 2, 51, 700])
def test_bootstrap_samples_in_pieces_are_those_of_one_piece(n):
    x = np.random.default_rng(0).random(n)
    whole = median(x[resamples(n, 500, 3)])
    assert (resampled(x, median, 500, 3) == whole).all() and len(whole) == 500


def test_indices_that_are_kept_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        resamples(3, 5, 0)[0] = 1
