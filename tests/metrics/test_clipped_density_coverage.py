"""Clipped density and coverage: goldens, brute force, calibration, invariants."""

import importlib

import numpy as np
import pytest
import torch
from scipy.stats import betabinom, ortho_group

from ganbench.core import registry
from ganbench.metrics import _neighbours, clipped_density_coverage
from tests.metrics._helpers import check_degradations, check_entry, column, kinds, normal, two

CLIPPED = importlib.import_module("ganbench.metrics.clipped_density_coverage")


def both(real, fake, k=5):
    """Return both scores, then density before it is clipped and raw coverage."""
    found = clipped_density_coverage(real, fake, k)
    assert list(found) == ["clipped_density", "clipped_coverage"]
    return [*found.values(), *CLIPPED.uncalibrated(CLIPPED.prepare(real, k), fake, k)]


def brute(real, fake, k):
    """Return what ``both`` should, from all distances and the law of J itself."""
    real, fake = (np.asarray(a, float) for a in (real, fake))
    (n, m), squares = (len(real), len(fake)), lambda a, b: ((a[:, None] - b) ** 2).sum(-1)
    own, across = np.sqrt(squares(real, real)), np.sqrt(squares(real, fake))
    np.fill_diagonal(own, np.inf)
    radii = np.sort(own, 1)[:, k - 1 : k]
    clipped = np.minimum(radii, np.median(radii))

    def share(inside, axis):
        return np.minimum(inside.sum(axis), k).mean() / k

    density = share(across <= clipped, 0) / share(own <= clipped, 0)
    raw, drawn = share(across <= radii, 1), np.arange(m + 1)
    wanted = [np.minimum(drawn, k) @ betabinom.pmf(drawn, i, k, n - k) / k for i in range(m + 1)]
    return [min(1, density), (np.array(wanted) < raw - 1e-9).sum() / (m + 1), density, raw]


# ---- goldens ----


def golden():
    rng = np.random.RandomState(0)
    return rng.normal(size=(500, 16)), rng.normal(size=(500, 16))


@pytest.mark.parametrize(
    ("scale", "wanted"),
    [
        (1.0, [1, 1, 1.0340425532, 0.7608]),
        (1.5, [0.0902127660, 0.0938123752, 0.0902127660, 0.0928]),
        (0.5, [1, 1, 2.1276595745, 0.946]),
    ],
)
def test_golden_values(scale, wanted):
    real, fake = golden()
    assert both(real, scale * fake) == pytest.approx(wanted, abs=1e-10)


def test_golden_values_where_half_of_the_fakes_are_the_mean():
    real, fake = golden()
    fake[:250] = real.mean(0)
    # METRICS.md prints 1.5880850864, which is no number of pairs over the real side's 2,350
    wanted = [1, 0.6187624751, 3732 / 2350, 0.558]
    assert both(real, fake) == pytest.approx(wanted, abs=1e-10)


def test_six_points_by_hand():
    # k = 2: radii 2, 1, 2, 7, 8, 90; the first three balls hold two fakes, the others none.
    # f(3) = 0.464 < 0.5 < f(4), so that 0, 1, 2 and 3 of 0..6 are below
    found = both(column(1, 2, 3, 10, 11, 100), column(1, 1, 1, 1, 2, 2), 2)
    assert found[1::2] == pytest.approx([4 / 7, 0.5], abs=1e-12)
    # clipped radii 2, 1, 2, 4.5, 4.5, 4.5: each fake is in k balls at least; 1, 2, 3, 10 and 11
    # are in 2, 2, 2 (counted at most), 1 and 1 balls of others, 100 in none
    assert found[2] == pytest.approx(1 / ((2 + 2 + 2 + 1 + 1 + 0) / 12), abs=1e-12)


# ---- brute force ----


@pytest.mark.parametrize(("n", "m", "d", "k"), [(60, 45, 3, 5), (30, 80, 1, 1), (50, 20, 12, 3)])
def test_against_brute_force(n, m, d, k):
    x, y = two(n, m, d)
    found = both(x, y, k)
    assert found == pytest.approx(brute(x, y, k), abs=1e-12)
    assert 0 < found[1] < 1 and 0 < found[3] < 1


def test_ties_and_duplicates_against_brute_force():
    rng = np.random.default_rng(0)
    for _ in range(100):
        n, m, d, k = (int(i) for i in rng.integers([6, 3, 1, 1], [30, 30, 4, 5]))
        x, y = rng.integers(0, 8, (n, d)), rng.integers(0, 8, (m, d))
        assert both(x, y, k) == pytest.approx(brute(x, y, k), abs=1e-12)


@pytest.mark.parametrize("apart", [1e3, 1e5])
def test_what_float32_rounds_against_brute_force(apart):
    x, y = (normal(150, 3, s) + apart * (np.arange(150) % 5)[:, None] for s in (1, 2))
    assert both(x, y) == pytest.approx(brute(x, y, 5), abs=1e-12)


def test_many_copies_of_few_points():
    x, y = np.repeat(normal(8, 3, 1), 40, 0), np.vstack([normal(5, 3, 2), normal(8, 3, 1)])
    assert both(x, y) == pytest.approx(brute(x, y, 5), abs=1e-12)
    assert both(x, x)[:2] == [1, 1]


@pytest.mark.parametrize("rows", [1, 7, 44])
@pytest.mark.parametrize("spare", [0, 1])
def test_chunks_and_pairs_that_are_let_go_change_nothing(monkeypatch, rows, spare):
    grid = np.random.default_rng(0).integers(0, 4, (64, 2))
    for x, y in (two(), (grid, grid[::3] + 1)):
        whole = both(x, y)
        monkeypatch.setattr(_neighbours, "CHUNK_BYTES", rows * 8 * len(x))
        monkeypatch.setattr(CLIPPED, "SPARE", spare)
        assert both(x, y) == whole
        monkeypatch.undo()


# ---- calibration ----


@pytest.mark.parametrize(("m", "n", "k"), [(0, 9, 2), (1, 6, 5), (40, 30, 5), (7, 200, 1)])
def test_expected_shares_are_those_of_the_beta_binomial(m, n, k):
    found = CLIPPED.expected(m, n, k)
    drawn = np.arange(m + 1)
    wanted = [np.minimum(drawn, k) @ betabinom.pmf(drawn, i, k, n - k) / k for i in range(m + 1)]
    assert found == pytest.approx(wanted, abs=1e-12)
    assert found[0] == pytest.approx(0, abs=1e-15) and (np.diff(found) > 0).all()


def test_expected_share_is_what_good_samples_reach():
    """It needs nothing of the distribution: raw coverage of perfect generators, on average."""
    n, m, k = 40, 30, 5
    raw = [both(normal(n, 2, 2 * s), normal(m, 2, 2 * s + 1), k)[3] for s in range(150)]
    error = np.std(raw) / len(raw) ** 0.5
    assert abs(np.mean(raw) - CLIPPED.expected(m, n, k)[m]) < 4 * error and error < 0.01


@pytest.mark.parametrize("bad", [0.25, 0.5, 0.75])
def test_scores_fall_in_line_with_the_share_of_bad_samples(bad):
    x, y = normal(1500, 8, 1), normal(1500, 8, 2)
    y[: int(bad * 1500)] += 50
    found = clipped_density_coverage(x, y)
    assert found["clipped_density"] == pytest.approx(1 - bad, abs=0.04)
    assert found["clipped_coverage"] == pytest.approx(1 - bad, abs=0.06)


# ---- invariants and degradations ----


def test_nothing_shared_is_exactly_0_and_the_same_set_is_1():
    assert both(normal(30, 3, 1), normal(30, 3, 2) + 100) == [0, 0, 0, 0]
    assert both(normal(30, 3), normal(30, 3))[:2] == [1, 1]


def test_an_outlier_among_real_points_has_no_huge_ball():
    x = np.vstack([normal(100, 2, 1), [[60.0, 60]]])
    assert both(x, normal(100, 2, 2) + 30)[0] == 0


def test_a_crowd_of_fakes_in_one_place_covers_little():
    x = normal(400, 4, 1)
    y = np.vstack([np.repeat(x[:1], 395, 0), normal(5, 4, 2)])
    assert clipped_density_coverage(x, y)["clipped_coverage"] < 0.05


def test_order_rotation_shift_and_scale_are_irrelevant():
    (x, y), rng = two(), np.random.default_rng(0)
    turn, whole = ortho_group.rvs(3, random_state=1), both(x, y)
    for a, b in ((rng.permutation(x), rng.permutation(y)), (x @ turn, y @ turn), (x + 9, y + 9),
                 (1e-3 * x, 1e-3 * y), (1e20 * x, 1e20 * y)):  # fmt: skip
        assert both(a, b) == pytest.approx(whole, abs=1e-12)


def test_kinds_of_input_agree():
    x, y = (np.random.default_rng(s).integers(0, 9, (16 + s, 3)) for s in (0, 5))
    assert len({tuple(both(*pair)) for pair in kinds(x, y)}) == 1


def test_degradations_are_seen():
    metric = registry.metrics.get("clipped-density-coverage")
    assert metric.params == {"k": 5}
    check_degradations("clipped-density-coverage", "noise")


@pytest.mark.parametrize(
    ("k", "message"),
    [
        (60, "k is 60: at most 59 allowed"),
        (0, "k is 0: an integer of at least 1"),
        (2.5, "k is 2.5: an integer"),
        (True, "k is True: an integer"),
        (None, "k is None: an integer"),
    ],
)
def test_bad_k(k, message):
    with pytest.raises(ValueError, match=message):
        clipped_density_coverage(*two(), k)


def test_the_entry_refuses_a_bad_k():
    prepared = CLIPPED.prepare(two()[0])
    with pytest.raises(ValueError, match="k is 0: an integer of at least 1"):
        CLIPPED.compute(prepared, two()[1], k=0)


def test_the_entry_is_the_function(tmp_path):
    x, y = two()
    check_entry("clipped-density-coverage", tmp_path, x, y, clipped_density_coverage(x, y, 5))


def test_pairs_that_are_kept_are_the_nearest_of_each_point():
    columns, squared = torch.arange(50) % 4, torch.from_numpy(normal(50, 1)[:, 0] ** 2)
    kept, lengths = CLIPPED._nearest_owners(columns, squared, 3)
    for i in range(4):
        wanted = squared[columns == i].sort().values[:3]
        assert torch.equal(lengths[kept == i], wanted)
