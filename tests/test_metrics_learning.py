"""Copying, classifier and game metrics: closed forms, invariants, chunk sizes, references."""

import importlib
import math

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from scipy.spatial.distance import cdist
from scipy.special import logsumexp
from scipy.stats import mannwhitneyu, ortho_group

from ganbench.metrics import (
    _nearest,
    _neighbours,
    authenticity,
    classification_accuracy,
    classifier_score,
    data_copying,
    duality_gap,
    game_jacobian_eigenvalues,
    oscillation,
    path_angle,
)

COPYING = importlib.import_module("ganbench.metrics.data_copying")
ACCURACY = importlib.import_module("ganbench.metrics.classification_accuracy")
SCORE = importlib.import_module("ganbench.metrics.classifier_score")
EIGEN = importlib.import_module("ganbench.metrics.game_eigenvalues")


def normal(n, d, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d))


def column(*values):
    return np.array(values, float)[:, None]


def kinds(*arrays):
    """Yield the same samples in other containers and precisions (they are whole numbers)."""
    for dtype in (np.float64, np.float32, np.int64):
        yield tuple(a.astype(dtype) for a in arrays)
        yield tuple(torch.from_numpy(a.astype(dtype)) for a in arrays)
    yield tuple(a.tolist() for a in arrays)


BAD = {
    "nan": (np.where(np.eye(5, 2), np.nan, 1.0), "holds 2 values that are NaN or infinite"),
    "empty": (np.zeros((0, 2)), "has 0 samples: at least [12] needed"),
    "1-d": (np.zeros(5), r"has shape \(5,\): \[N, D\] needed"),
    "string": (np.array([["1", "2"]] * 5), "holds <U1, not real numbers"),
}
GOOD = normal(40, 2)
over_bad = pytest.mark.parametrize("bad", BAD)


# ---- the nearest of many points ----


@pytest.mark.parametrize("d", [1, 2, 20])
@pytest.mark.parametrize("shift", [0.0, 1e7])
def test_nearest_against_brute_force(d, shift):
    x, y = normal(50, d, 1) + shift, normal(70, d, 2) + shift
    x[:10], y[60:] = y[:10], y[:10]  # duplicates: the lower index is taken
    squared, index = _nearest.nearest(torch.from_numpy(x), torch.from_numpy(y))
    d2 = ((x[:, None] - y) ** 2).sum(-1)
    assert (index.numpy() == d2.argmin(1)).all()
    assert squared.numpy() == pytest.approx(d2.min(1), rel=1e-13, abs=0)


# ---- authenticity ----


def brute_authenticity(train, fake):
    train, fake = np.asarray(train, float), np.asarray(fake, float)
    d2 = ((fake[:, None] - train) ** 2).sum(-1)
    own = ((train[:, None] - train) ** 2).sum(-1)
    np.fill_diagonal(own, np.inf)
    radii = own.min(1)
    return np.mean([row.min() > radii[row == row.min()].max() for row in d2])


def test_authenticity_by_hand():
    train = column(0, 1, 3, 7)  # distances to their own neighbours 1, 1, 2, 4
    # a copy; at 1 from 0, no farther; at 2 from 0; at 3 from 7, nearer than 4; at 5 from 7
    assert authenticity(train, column(0, -1, -2, 10, 12)) == 0.4
    # as near to 1 (1) as to 3 (2): the larger decides
    assert authenticity(train, column(2)) == 0
    assert authenticity(train[::-1], column(2)) == 0
    # as near to 3 (2) as to 7 (4), at 2
    assert authenticity(train, column(5)) == 0


def test_authenticity_of_duplicated_training_points():
    train = column(4, 4, 9)  # 4 has a neighbour at 0: all but its copies are authentic
    assert authenticity(train, column(4, 4.001, 3, 9, 13.9, 14.1)) == 0.5
    assert authenticity(np.full((5, 3), 2.0), np.full((2, 3), 2.0)) == 0
    assert authenticity(np.full((5, 3), 2.0), np.full((2, 3), 3.0)) == 1


@pytest.mark.parametrize(
    ("d", "mutual"),
    [(1, 2 / 3), (2, 6 * math.pi / (8 * math.pi + 3 * math.sqrt(3))), (3, 16 / 27)],
)
def test_authenticity_of_a_perfect_generator(d, mutual):
    """Not authentic: a fresh sample and a training point that are mutual nearest neighbours."""
    rng = np.random.default_rng(d)
    found = [
        authenticity(rng.random((2_000, d)), 0.2 + 0.6 * rng.random((500, d))) for _ in range(20)
    ]
    error = np.std(found) / math.sqrt(len(found))
    assert np.mean(found) == pytest.approx(1 - mutual, abs=4 * error)
    assert error < 0.01


def test_authenticity_of_copies_and_of_far_samples():
    x = normal(60, 5)
    assert authenticity(x, x) == 0
    assert authenticity(x, x[:20] + 1e-9) == 0
    assert authenticity(x, x + 1e3) == 1
    mixed = np.vstack([x[:30], x[:10] + 1e3])
    assert authenticity(x, mixed) == 0.25


def test_copies_are_less_authentic_the_nearer_they_are():
    x = normal(300, 4, 1)
    noise = normal(300, 4, 2)
    found = [authenticity(x, x + size * noise) for size in (0, 0.1, 0.3, 0.6, 2)]
    assert found == sorted(found) and found[0] == 0 and found[-1] > 0.6


@pytest.mark.parametrize("d", [1, 2, 16])
def test_authenticity_against_brute_force(d):
    x, y = normal(80, d, 1), 0.8 * normal(50, d, 2)
    assert authenticity(x, y) == brute_authenticity(x, y)
    assert 0 < authenticity(x, y) < 1
    rng = np.random.default_rng(d)
    for _ in range(50):  # ties everywhere
        x, y = rng.integers(0, 6, (rng.integers(2, 30), d)), rng.integers(0, 6, (20, d))
        assert authenticity(x, y) == brute_authenticity(x, y)


def test_authenticity_knows_no_order_rotation_shift_or_scale():
    x, y = normal(80, 3, 1), normal(50, 3, 2)
    wanted = authenticity(x, y)
    q = ortho_group.rvs(3, random_state=0)
    rng = np.random.default_rng(0)
    assert authenticity(rng.permutation(x), rng.permutation(y)) == wanted
    assert authenticity(1e3 * x @ q + 50, 1e3 * y @ q + 50) == wanted


@pytest.mark.parametrize("rows", [0, 1, 7])
def test_chunks_of_authenticity_change_nothing(monkeypatch, rows):
    grid = np.random.default_rng(0).integers(0, 4, (64, 2))
    for x, y in ((normal(64, 3, 1), normal(50, 3, 2)), (grid, grid[::3] + 1)):
        whole = authenticity(x, y)
        monkeypatch.setattr(_neighbours, "CHUNK_BYTES", rows * 8 * len(x))
        assert authenticity(x, y) == whole
        monkeypatch.undo()


def test_authenticity_of_other_kinds_of_input():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 9, (30, 3)), rng.integers(0, 9, (20, 3))
    assert {authenticity(*both) for both in kinds(x, y)} == {brute_authenticity(x, y)}


@over_bad
def test_authenticity_of_bad_samples(bad):
    value, message = BAD[bad]
    with pytest.raises(ValueError, match=f"^train {message}"):
        authenticity(value, GOOD)
    with pytest.raises(ValueError, match=f"^fake {message}"):
        authenticity(GOOD, value)


def test_authenticity_of_what_does_not_compare():
    with pytest.raises(ValueError, match="train has 1 samples: at least 2 needed"):
        authenticity(GOOD[:1], GOOD)
    with pytest.raises(ValueError, match="train has 2 features and fake 3: not comparable"):
        authenticity(GOOD, normal(4, 3))


# ---- data copying ----


def three(seed=0, sizes=(400, 300, 350), d=2):
    """Return train, test and fake of one distribution."""
    return [normal(n, d, 10 * seed + i) for i, n in enumerate(sizes)]


def c_t(*sets, **options):
    return data_copying(*sets, **options)["memorisation"]


def brute_c_t(train, test, fake, centers, least):
    """Return C_T by all differences and scipy's U."""
    cells = [cdist(a, centers).argmin(1) for a in (train, test, fake)]
    total = weight = 0.0
    for i in range(len(centers)):
        t, x, y = (a[c == i] for a, c in zip((train, test, fake), cells, strict=True))
        if len(y) > least and len(x):
            dx, dy = cdist(x, t).min(1), cdist(y, t).min(1)
            u = mannwhitneyu(dy, dx, alternative="less", method="asymptotic").statistic
            n, m = len(x), len(y)
            z = (u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)
            total, weight = total + z * len(x), weight + len(x)
    return total / weight


def test_mann_whitney_by_hand():
    # fake 1 and 4 against test 2, 3, 4: 0 and 2.5 of 3 pairs are larger
    z = COPYING.mann_whitney(np.array([2.0, 3, 4]), np.array([1.0, 4]))
    assert z == pytest.approx((2.5 - 3) / math.sqrt(6 * 6 / 12), rel=1e-14)


def test_data_copying_by_hand():
    """Two cells, at 0 and 100; distances to the training points of the own cell."""
    train, test = column(0, 2, 100, 102), column(5, 6, -1, 105)
    fake = column(0, 2, 4, 100, 109, 110)
    # cell 0: test 3, 4, 1, fake 0, 0, 2 is larger in 1 of 9; cell 1: test 3, fake 0, 7, 8: 2 of 3
    low = (1 - 4.5) / math.sqrt(9 * 7 / 12)
    high = (2 - 1.5) / math.sqrt(3 * 5 / 12)
    assert c_t(train, test, fake, cells=2, least=2) == pytest.approx((3 * low + high) / 4)
    # one more fake in cell 0, and cell 1 has too few
    more = np.vstack([fake, [[1]]])  # at 1, a tie with the test's 1
    low = (1.5 - 6) / math.sqrt(12 * 8 / 12)
    assert c_t(train, test, more, cells=2, least=3) == pytest.approx(low)


def test_distances_are_to_the_training_points_of_the_cell():
    train = column(0, 1, 2, 10, 11, 12)  # cells split at 6
    test, fake = column(0.5, 4), column(5.9, 5.8)
    # 5.9 is 3.9 from 2 in its own cell, 4.1 from 10 in the other; 4 is 2 from 2: 4 of 4 larger
    assert c_t(train, test, fake, cells=2, least=0) == pytest.approx(2 / math.sqrt(4 * 5 / 12))


def test_copies_give_the_lowest_score_there_is():
    train, test, _ = three()
    n, m = len(test), 350
    lowest = -math.sqrt(3 * n * m / (n + m + 1))  # U = 0
    assert c_t(train, test, train[:m], cells=1) == pytest.approx(lowest, rel=1e-12)
    assert c_t(train, test, 5 + 100 * train[:m], cells=1) > 0.9 * -lowest
    assert c_t(train, test, train[:m], cells=4) < -10


def test_data_copying_is_standard_normal_where_nothing_is_copied():
    found = np.array([c_t(*three(s), cells=1) for s in range(200)])
    # both sides share the training set: given it, Z is standard normal
    assert abs(found.mean()) < 4 / math.sqrt(200)
    assert found.std() == pytest.approx(1, abs=4 / math.sqrt(400))


def test_nearer_copies_score_lower():
    train, test, noise = three()
    found = [c_t(train, test, train[:350] + s * noise, cells=3) for s in (0, 0.03, 0.1, 1, 3)]
    assert found == sorted(found)
    assert found[0] < -10 and found[-1] > 3


def test_data_copying_changes_sign_with_the_sides():
    train, test, fake = three()
    one, other = c_t(train, test, fake * 1.1, cells=1), c_t(train, fake * 1.1, test, cells=1)
    assert one == pytest.approx(-other, rel=1e-12) and abs(one) > 0.1


def test_data_copying_where_all_is_alike_is_zero():
    x = np.full((30, 2), 3.0)
    assert c_t(x, x, x, cells=1) == 0
    train, test, _ = three()
    assert c_t(train, test, test, cells=5) == pytest.approx(0, abs=1e-12)


def test_data_copying_knows_no_order_rotation_shift_or_scale():
    train, test, fake = three()
    fake = 1.2 * fake
    wanted = c_t(train, test, fake, cells=1)
    q = ortho_group.rvs(2, random_state=0)
    assert c_t(*(7 * a @ q + 30 for a in (train, test, fake)), cells=1) == pytest.approx(wanted)
    rng = np.random.default_rng(0)
    assert c_t(*map(rng.permutation, (train, test, fake)), cells=1) == pytest.approx(wanted)
    # with cells, k-means sees the order of the training set, and nothing else does
    wanted = c_t(train, test, fake, cells=4)
    assert c_t(train, rng.permutation(test), rng.permutation(fake), cells=4) == pytest.approx(
        wanted
    )


@pytest.mark.parametrize(("d", "cells"), [(1, 1), (2, 6), (8, 10)])
def test_data_copying_against_brute_force(d, cells):
    train, test, fake = three(d, d=d)
    fake[:100] = train[:100] + 0.01  # some copying, some cells that lose
    centers = COPYING.prepare((train, test), cells)["centers"]
    for least in (0, 20, 40):
        wanted = brute_c_t(train, test, fake, centers, least)
        assert c_t(train, test, fake, cells=cells, least=least) == pytest.approx(wanted, rel=1e-9)


def test_cells_of_the_same_seed_are_the_same():
    train, test, fake = three()
    assert c_t(train, test, fake, seed=3) == c_t(train, test, fake, seed=3)
    assert c_t(train, test, fake, seed=3) != c_t(train, test, fake, seed=4)


@pytest.mark.parametrize("rows", [0, 1, 7])
def test_chunks_of_data_copying_change_nothing(monkeypatch, rows):
    grid = [np.random.default_rng(i).integers(0, 5, (n, 2)) for i, n in enumerate((64, 40, 90))]
    for sets in (three(1, (64, 40, 90)), grid):
        whole = c_t(*sets, cells=3, least=5)
        monkeypatch.setattr(_neighbours, "CHUNK_BYTES", rows * 8 * 64)
        assert c_t(*sets, cells=3, least=5) == whole
        monkeypatch.undo()


def test_data_copying_of_other_kinds_of_input():
    sets = [np.random.default_rng(i).integers(0, 9, (50, 3)) for i in range(3)]
    assert len({c_t(*three, cells=2, least=5) for three in kinds(*sets)}) == 1


@over_bad
def test_data_copying_of_bad_samples(bad):
    value, message = BAD[bad]
    with pytest.raises(ValueError, match=f"^train {message}"):
        data_copying(value, GOOD, GOOD)
    with pytest.raises(ValueError, match=f"^test {message}"):
        data_copying(GOOD, value, GOOD)
    with pytest.raises(ValueError, match=f"^fake {message}"):
        data_copying(GOOD, GOOD, value)


@pytest.mark.parametrize(
    ("sets", "options", "message"),
    [
        ((GOOD, normal(9, 3), GOOD), {}, "train has 2 features and test 3: not comparable"),
        ((GOOD, GOOD, normal(9, 3)), {}, "train has 2 features and fake 3: not comparable"),
        ((GOOD, GOOD, GOOD), {"cells": 41}, "cells is 41: at most 40 allowed"),
        ((GOOD, GOOD, GOOD), {"cells": 0}, "cells is 0: an integer of at least 1"),
        ((GOOD, GOOD, GOOD), {"least": -1}, "least is -1: an integer of at least 0"),
        ((GOOD % 1 > 2, GOOD, GOOD), {"cells": 3}, "cells is 3: 2 of them would hold no training"),
        ((GOOD, GOOD, GOOD[:20]), {}, "fake has 20 samples: none of 10 cells holds more than 20"),
    ],
)
def test_data_copying_of_bad_input(sets, options, message):
    with pytest.raises(ValueError, match=message):
        data_copying(*sets, **options)


def test_data_copying_where_test_and_fake_share_no_cell():
    train = column(*range(5), *range(100, 105))
    with pytest.raises(ValueError, match="fake has 30 samples: none of 2 cells"):
        data_copying(train, column(1, 2), np.full((30, 1), 101.0), cells=2)


# ---- classifier score ----


def simplex(n, k, seed=0, sharp=1.0):
    return np.random.default_rng(seed).dirichlet(np.full(k, sharp), n)


def brute_score(p, splits):
    """Return the mean over parts of exp(entropy of the mean - mean entropy)."""
    found = []
    for part in np.array_split(p, splits) if len(p) % splits == 0 else [p]:
        marginal = part.mean(0)
        with np.errstate(divide="ignore", invalid="ignore"):
            of_mean = -np.nansum(marginal * np.log(marginal))
            mean_of = -np.nansum(part * np.log(part), 1).mean()
        found.append(math.exp(of_mean - mean_of))
    return np.mean(found)


def test_classifier_score_by_hand():
    # KL of (1, 0) and of (1/2, 1/2) from (3/4, 1/4)
    kl = (math.log(4 / 3) + 0.5 * math.log(2 / 3) + 0.5 * math.log(2)) / 2
    assert classifier_score([[1, 0], [0.5, 0.5]], 1) == pytest.approx(math.exp(kl), rel=1e-14)
    # two parts of one sample each: every sample is its own mean
    assert classifier_score([[1, 0], [0.5, 0.5]], 2) == 1


@pytest.mark.parametrize("k", [1, 2, 10])
def test_sharp_and_even_classes_score_their_number(k):
    assert classifier_score(np.tile(np.eye(k), (20, 1))) == pytest.approx(k, rel=1e-14)
    assert classifier_score(np.full((20, k), 1 / k)) == pytest.approx(1, rel=1e-14)
    assert classifier_score(np.tile(np.eye(k)[0], (20, 1))) == pytest.approx(1, rel=1e-14)


def test_parts_are_consecutive_and_their_scores_are_averaged():
    eye = np.eye(4)
    p = np.vstack([eye, eye[[0, 0, 1, 1]], eye[[2, 2, 2, 2]]])
    assert classifier_score(p, 3) == pytest.approx((4 + 2 + 1) / 3, rel=1e-14)
    # 7 samples in 3 parts: 2, 2 and 3
    q = eye[[0, 0, 0, 1, 0, 1, 2]]
    assert classifier_score(q, 3) == pytest.approx((1 + 2 + 3) / 3, rel=1e-14)


def test_classifier_score_knows_no_order_of_classes_nor_of_samples_in_a_part():
    p = simplex(60, 7)
    rng = np.random.default_rng(0)
    assert classifier_score(p[:, rng.permutation(7)]) == pytest.approx(classifier_score(p))
    assert classifier_score(rng.permutation(p), 1) == pytest.approx(classifier_score(p, 1))
    doubled = np.repeat(p, 3, 0)
    assert classifier_score(doubled, 1) == pytest.approx(classifier_score(p, 1))
    halves = np.hstack([p, p]) / 2  # every class split evenly in two
    assert classifier_score(halves) == pytest.approx(classifier_score(p))


def test_sharper_predictions_and_more_classes_score_higher():
    scores = [classifier_score(simplex(400, 10, 0, sharp), 1) for sharp in (10, 1, 0.1, 0.01)]
    assert scores == sorted(scores)
    assert scores[0] > 1 and scores[-1] < 10
    full = np.tile(np.eye(10), (10, 1))
    dropped = [classifier_score(full[full[:, :k].any(1)], 1) for k in (2, 5, 10)]
    assert dropped == pytest.approx([2, 5, 10])


@pytest.mark.parametrize("splits", [1, 2, 10])
@pytest.mark.parametrize("sharp", [0.001, 0.3, 5.0])
def test_classifier_score_against_entropies(splits, sharp):
    p = simplex(100, 12, 1, sharp)
    assert classifier_score(p, splits) == pytest.approx(brute_score(p, splits), rel=1e-10)
    assert classifier_score(torch.from_numpy(p), splits) == classifier_score(p, splits)
    assert SCORE.compute(SCORE.prepare(), p, splits) == {
        "classifier_score": classifier_score(p, splits)
    }
    single = p.astype(np.float32)
    assert classifier_score(single, splits) == pytest.approx(classifier_score(p, splits), rel=1e-5)


@over_bad
def test_classifier_score_of_bad_samples(bad):
    value, message = BAD[bad]
    with pytest.raises(ValueError, match=f"^probs {message}"):
        classifier_score(value)


@pytest.mark.parametrize(
    ("probs", "splits", "message"),
    [
        (simplex(9, 3), 10, "splits is 10: at most 9 allowed"),
        (simplex(9, 3), 0, "splits is 0: an integer of at least 1"),
        ([[1.5, -0.5]], 1, "probs holds -0.5: probabilities are at least 0"),
        ([[0.5, 0.5], [0.5, 0.75]], 1, "probs has a row whose sum is 0.25 off 1"),
    ],
)
def test_classifier_score_of_bad_input(probs, splits, message):
    with pytest.raises(ValueError, match=message):
        classifier_score(probs, splits)


# ---- train on generated, test on real ----


def blobs(n, seed, classes=3, d=4, spread=1.0):
    """Return samples and labels of overlapping classes."""
    labels = np.arange(n) % classes
    return 1.5 * np.eye(d)[labels] + spread * normal(n, d, seed), labels


def fit_by_hand(x, labels, c):
    """Return a predictor: penalised softmax regression on standardised features, by scipy."""
    mean, std = x.mean(0), x.std(0)
    std[std == 0] = 1
    z, classes = (x - mean) / std, np.unique(labels)
    target = labels[:, None] == classes
    shape = (x.shape[1] + 1, len(classes))

    def loss(w):
        w = w.reshape(shape)
        logits = z @ w[1:] + w[0]
        p = np.exp(logits - logsumexp(logits, 1, keepdims=True))
        grad = np.vstack([(p - target).sum(0), z.T @ (p - target)])
        grad[1:] += w[1:] / c
        nll = (logsumexp(logits, 1) - logits[target]).sum()
        return nll + (w[1:] ** 2).sum() / (2 * c), grad.ravel()

    w = minimize(loss, np.zeros(shape).ravel(), jac=True, tol=1e-10).x.reshape(shape)
    return lambda test: classes[((test - mean) / std @ w[1:] + w[0]).argmax(1)]


def test_separated_classes_are_learnt_and_wrong_labels_too():
    fake, test = column(-1, -2, 1, 2), column(-5, -0.5, 0.5, 5)
    assert classification_accuracy(fake, [0, 0, 1, 1], test, [0, 0, 1, 1]) == 1
    assert classification_accuracy(fake, [1, 1, 0, 0], test, [0, 0, 1, 1]) == 0
    assert classification_accuracy(fake, [0, 0, 1, 1], test, [0, 1, 1, 1]) == 0.75


def test_a_dropped_class_costs_its_share():
    x, y = blobs(300, 1, 3, spread=0.05)
    test, labels = blobs(90, 2, 3, spread=0.05)
    assert classification_accuracy(x, y, test, labels) == 1
    assert classification_accuracy(x[y < 2], y[y < 2], test, labels) == pytest.approx(2 / 3)
    assert classification_accuracy(x[y < 1], y[y < 1], test, labels) == pytest.approx(1 / 3)
    assert classification_accuracy(x[:1], [7], test, labels) == 0


def test_a_tie_is_decided_by_the_symmetric_boundary():
    """Two mirrored classes: the boundary is exactly between them."""
    fake, labels = column(-3, -1, 1, 3), [0, 0, 1, 1]
    assert classification_accuracy(fake, labels, column(-1e-3, 1e-3), [0, 1]) == 1


def test_constant_features_are_no_matter():
    x, y = blobs(200, 1)
    test, labels = blobs(150, 2)
    wider = [np.hstack([a, np.full((len(a), 1), 3.0)]) for a in (x, test)]
    wanted = classification_accuracy(x, y, test, labels)
    assert classification_accuracy(wider[0], y, wider[1], labels) == wanted


def test_accuracy_knows_no_order_scale_shift_or_names_of_classes():
    x, y = blobs(300, 1)
    test, labels = blobs(200, 2)
    wanted = classification_accuracy(x, y, test, labels)
    assert 0.6 < wanted < 0.95
    rng = np.random.default_rng(0)
    p, q = rng.permutation(300), rng.permutation(200)
    assert classification_accuracy(x[p], y[p], test[q], labels[q]) == wanted
    scale, shift = np.array([1e-3, 1, 50, 1e4]), np.array([5, -1e3, 0, 2])
    moved = classification_accuracy(x * scale + shift, y, test * scale + shift, labels)
    assert moved == wanted
    names = np.array([40, -2, 7])
    assert classification_accuracy(x, names[y], test, names[labels]) == wanted


def test_noisier_fakes_teach_less():
    test, labels = blobs(2_000, 2, spread=0.5)
    fakes = [blobs(60, 1, spread=s) for s in (0.5, 3, 30)]
    found = [classification_accuracy(*fake, test, labels) for fake in fakes]
    assert found == sorted(found, reverse=True) and found[0] > 0.9 and found[-1] < 0.8


@pytest.mark.parametrize("classes", [2, 3, 4])
@pytest.mark.parametrize("c", [0.01, 1.0])
def test_accuracy_against_scipy(classes, c):
    x, y = blobs(150, 1, classes)
    test, labels = blobs(400, 2, classes)
    wanted = (fit_by_hand(x, y, c)(test) == labels).mean()
    if classes == 2:  # one weight vector, not two with half the penalty each
        wanted = (fit_by_hand(x, y, 2 * c)(test) == labels).mean()
    found = classification_accuracy(x, y, test, labels, c)
    assert found == pytest.approx(wanted, abs=1.01 / 400)
    tensors = [torch.from_numpy(a) for a in (x, y, test, labels)]
    assert classification_accuracy(*tensors, c) == found


def test_unfinished_regression_is_an_error(monkeypatch):
    monkeypatch.setattr(ACCURACY, "ITERATIONS", 1)
    with pytest.raises(RuntimeError, match="logistic regression on 150 fakes did not finish"):
        classification_accuracy(*blobs(150, 1), *blobs(9, 2))


@over_bad
def test_accuracy_on_bad_samples(bad):
    value, message = BAD[bad]
    labels = np.arange(40) % 2
    with pytest.raises(ValueError, match=f"^fake {message}"):
        classification_accuracy(value, labels[:5], GOOD, labels)
    with pytest.raises(ValueError, match=f"^test {message}"):
        classification_accuracy(GOOD, labels, value, labels[:5])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros(39, int), "_labels has 39 labels for 40 samples"),
        (np.zeros(40), r"_labels are float64 of shape \(40,\): integers"),
        (np.zeros((40, 1), int), r"_labels are int64 of shape \(40, 1\): integers"),
    ],
)
def test_accuracy_with_bad_labels(labels, message):
    good = np.arange(40) % 2
    with pytest.raises(ValueError, match=f"^fake{message}"):
        classification_accuracy(GOOD, labels, GOOD, good)
    with pytest.raises(ValueError, match=f"^test{message}"):
        classification_accuracy(GOOD, good, GOOD, labels)


@pytest.mark.parametrize("c", [0, -1.0, math.nan, math.inf])
def test_accuracy_with_a_bad_penalty(c):
    labels = np.arange(40) % 2
    with pytest.raises(ValueError, match=f"c is {c!r}: a positive number needed"):
        classification_accuracy(GOOD, labels, GOOD, labels, c)
    with pytest.raises(ValueError, match="test has 3 features and fake 2: not comparable"):
        classification_accuracy(GOOD, labels, normal(40, 3), labels)


# ---- oscillation ----


def test_oscillation_by_hand():
    assert oscillation([9, 9, 9, 1, math.e]) == pytest.approx(1)  # the last two of five
    assert oscillation([9] * 6 + [1, 2]) == pytest.approx(math.log(2))
    assert oscillation([9] * 7 + [1, 2, 1]) == pytest.approx(math.log(2))  # three of ten
    assert oscillation([9] * 9 + [4, 2, 4]) == pytest.approx(math.log(2))
    assert oscillation([5.0] * 20) == 0


def test_oscillation_of_a_geometric_fall_is_its_rate():
    assert oscillation(0.9 ** np.arange(40)) == pytest.approx(-math.log(0.9), rel=1e-12)


def test_oscillation_knows_no_scale_power_direction_or_early_values():
    v = np.exp(normal(1, 40)[0])
    wanted = oscillation(v)
    assert oscillation(1e3 * v) == pytest.approx(wanted, rel=1e-12)
    assert oscillation(1 / v) == pytest.approx(wanted, rel=1e-12)
    assert oscillation(v**2) == pytest.approx(2 * wanted, rel=1e-12)
    assert oscillation(np.concatenate([v[:30], v[30:][::-1]])) == pytest.approx(wanted, rel=1e-12)
    assert oscillation(np.concatenate([v[:30][::-1] + 1, v[30:]])) == wanted
    assert oscillation(torch.from_numpy(v)) == oscillation(v.tolist()) == wanted


@pytest.mark.parametrize("n", range(5, 26))
def test_oscillation_against_plain_python(n):
    v = np.exp(normal(1, n, n)[0]).tolist()
    last = v[-((n + 3) // 4) :]
    steps = [abs(math.log(b / a)) for a, b in zip(last[:-1], last[1:], strict=True)]
    assert oscillation(v) == pytest.approx(sum(steps) / len(steps), rel=1e-12)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0] * 4, "values has 4 checkpoints: at least 5 needed"),
        ([], "values has 0 checkpoints: at least 5 needed"),
        ([1, 2, 0, -1, 5], "values holds 2 values that are not positive and finite"),
        ([1, 2, 3, 4, math.nan], "values holds 1 values that are not positive and finite"),
        ([1, math.inf, 3, 4, 5], "values holds 1 values that are not positive and finite"),
        ([[1.0] * 8], r"values has shape \(1, 8\): \[N\] needed"),
    ],
)
def test_oscillation_of_bad_curves(values, message):
    with pytest.raises(ValueError, match=message):
        oscillation(values)


# ---- fields of games ----


def linear(matrix, origin=0.0):
    """Return the field A (w - origin)."""
    a = torch.as_tensor(matrix, dtype=torch.float64)
    return lambda w: a @ (w - origin)


def dirac(gamma=0.0):
    """Return the minimax Dirac-GAN's field from its losses, with R1 of strength gamma."""

    def field(w):
        theta, psi = w
        softplus = torch.nn.functional.softplus
        value = -softplus(-psi * 0.0) - softplus(psi * theta)  # D raises it, G lowers it
        (g,) = torch.autograd.grad(value, w, create_graph=True)
        regular = torch.stack([torch.zeros_like(psi), -gamma * psi])
        return g * torch.tensor([-1.0, 1.0]) + regular

    return field


def same_set(found, wanted, rel=1e-10):
    """Every value of each has a partner in the other (both sorted by numpy)."""
    assert len(found) == len(wanted)
    assert np.allclose(np.sort_complex(found), np.sort_complex(wanted), rtol=rel, atol=1e-12)


def test_dirac_gan_rotates():
    found = game_jacobian_eigenvalues(dirac(), [0.0, 0.0])
    assert found.dtype == np.complex128
    assert found == pytest.approx([0.5j, -0.5j], abs=1e-15)


@pytest.mark.parametrize("gamma", [0.1, 0.5, 0.99, 1.5, 4.0])
def test_regularised_dirac_gan(gamma):
    """Mescheder et al. 2018: R1 moves the eigenvalues to the left."""
    root = np.sqrt(complex(gamma**2 / 4 - 1 / 4))
    found = game_jacobian_eigenvalues(dirac(gamma), [0.0, 0.0])
    same_set(found, np.array([-gamma / 2 + root, -gamma / 2 - root]))
    assert (found.real < 0).all()


def test_bilinear_games_have_imaginary_eigenvalues():
    """M = x' B y: (-B y, B' x), eigenvalues +-i the singular values of B."""
    b = normal(4, 4, 3)
    matrix = np.block([[np.zeros((4, 4)), -b], [b.T, np.zeros((4, 4))]])
    s = np.linalg.svd(b)[1]
    found = game_jacobian_eigenvalues(linear(matrix), np.zeros(8))
    assert np.abs(found.real).max() < 1e-12
    assert np.sort(found.imag) == pytest.approx(np.sort(np.concatenate([s, -s])), rel=1e-10)


def test_eigenvalues_of_a_plain_descent_are_minus_the_curvatures():
    found = game_jacobian_eigenvalues(lambda w: -w * torch.tensor([1.0, 5, 3]), np.ones(3))
    assert found == pytest.approx([-5, -3, -1])


def test_eigenvalues_depend_on_the_point():
    found = game_jacobian_eigenvalues(lambda w: -(w**3) / 3, [1.0, 2.0, 0.0])
    assert found == pytest.approx([-4, -1, 0])


def test_eigenvalues_of_constant_fields_are_zero():
    for field in (lambda w: torch.ones_like(w), lambda w: 0 * w.detach(), lambda w: w.detach()):
        assert (game_jacobian_eigenvalues(field, np.ones(3)) == 0).all()


def test_repeated_eigenvalues():
    jordan = np.array([[2.0, 1], [0, 2]])
    assert game_jacobian_eigenvalues(linear(jordan), np.zeros(2)) == pytest.approx([2, 2])


def test_eigenvalues_are_sorted_and_cut():
    field = linear(np.diag([1.0, -4, 2, 4, 3]))
    assert game_jacobian_eigenvalues(field, np.zeros(5)).tolist() == [4, -4, 3, 2, 1]
    assert game_jacobian_eigenvalues(field, np.zeros(5), 2).tolist() == [4, -4]


def test_eigenvalues_know_no_basis_and_scale_with_the_field():
    a = normal(6, 6, 1)
    q = ortho_group.rvs(6, random_state=0)
    wanted = game_jacobian_eigenvalues(linear(a), np.zeros(6))
    same_set(game_jacobian_eigenvalues(linear(q @ a @ q.T), np.zeros(6)), wanted)
    same_set(game_jacobian_eigenvalues(linear(-3 * a), np.ones(6)), -3 * wanted)


@pytest.mark.parametrize("n", [1, 2, 7, 30])
def test_eigenvalues_against_numpy(n):
    a = normal(n, n, n)
    wanted = np.linalg.eigvals(a - np.eye(n) * np.cos(1.0))
    found = game_jacobian_eigenvalues(lambda w: torch.from_numpy(a) @ w - w.sin(), np.ones(n))
    same_set(found, wanted)


def test_arpack_agrees_with_the_whole_jacobian(monkeypatch):
    n = 120
    a = normal(n, n, 5)
    a[:60, :60] *= 0.1

    def field(w):
        return torch.from_numpy(a) @ w - 0.2 * w.tanh()

    point = normal(1, n, 6)[0]
    for k in (1, 4, 10):
        whole = game_jacobian_eigenvalues(field, point, k)
        monkeypatch.setattr(EIGEN, "DENSE", 10)
        found = game_jacobian_eigenvalues(field, point, k)
        assert np.abs(found) == pytest.approx(np.abs(whole), rel=1e-9)
        assert found.real == pytest.approx(whole.real, rel=1e-8)
        assert (found == game_jacobian_eigenvalues(field, point, k)).all()  # no hidden seed
        monkeypatch.undo()


def test_arpack_on_a_large_game():
    """Many Dirac-GANs at once: 2 n parameters, R1 of different strength in each."""
    n = 1_500
    gamma = torch.linspace(0, 0.9, n, dtype=torch.float64)

    def field(w):
        theta, psi = w[:n], w[n:]
        return torch.cat([-psi / 2, theta / 2 - gamma * psi])

    # |lambda| is 1/2 for all of them: spread them by scale
    scale = torch.linspace(1, 10, n, dtype=torch.float64).repeat(2)
    found = game_jacobian_eigenvalues(lambda w: scale * field(w), np.zeros(2 * n), 4)
    g, s = gamma.numpy()[-2:], scale.numpy()[:n][-2:]
    wanted = s * (-g / 2 + 1j * np.sqrt(1 / 4 - g**2 / 4))
    same_set(found, np.concatenate([wanted, wanted.conj()]), 1e-8)


def test_unfinished_arpack_is_an_error(monkeypatch):
    from scipy.sparse import linalg

    def stuck(*args, **options):
        raise linalg.ArpackNoConvergence("no", np.zeros(1), np.zeros((9, 1)))

    monkeypatch.setattr(EIGEN, "DENSE", 5)
    monkeypatch.setattr(linalg, "eigs", stuck)
    with pytest.raises(RuntimeError, match="1 of 3 eigenvalues of 9 parameters converged"):
        game_jacobian_eigenvalues(linear(np.eye(9)), np.zeros(9), 3)


FIELD_ERRORS = [
    (lambda w: w[:2], [1.0, 2, 3], r"field has shape \(2,\) at a point of \(3,\)"),
    (lambda w: w / 0, [1.0, 2, 3], "field holds 3 values that are NaN or infinite"),
    (lambda w: w, [1.0, math.nan], "point holds 1 values that are NaN or infinite"),
    (lambda w: w, [[1.0]], r"point has shape \(1, 1\): \[n\] needed"),
    (lambda w: w, [], r"point has shape \(0,\): \[n\] needed"),
]


@pytest.mark.parametrize(("field", "point", "message"), FIELD_ERRORS)
def test_eigenvalues_of_bad_fields_and_points(field, point, message):
    with pytest.raises(ValueError, match=message):
        game_jacobian_eigenvalues(field, point)


def test_eigenvalues_of_a_bad_k(monkeypatch):
    with pytest.raises(ValueError, match="k is 4: at most 3 allowed"):
        game_jacobian_eigenvalues(lambda w: w, np.ones(3), 4)
    with pytest.raises(ValueError, match="k is 0: an integer of at least 1"):
        game_jacobian_eigenvalues(lambda w: w, np.ones(3), 0)
    with pytest.raises(ValueError, match="k is None and point has 2001 parameters: k needed"):
        game_jacobian_eigenvalues(lambda w: w, np.ones(2001))
    monkeypatch.setattr(EIGEN, "DENSE", 5)  # ARPACK finds all but two at most
    with pytest.raises(ValueError, match="k is 8: at most 7 allowed"):
        game_jacobian_eigenvalues(lambda w: w, np.ones(9), 8)


# ---- path angle ----


def test_descent_of_a_round_quadratic_is_a_sign_at_the_optimum():
    end = np.array([3.0, 4.0])
    found = path_angle(linear(-2 * np.eye(2), torch.from_numpy(end)), np.zeros(2), end)
    a = found["position"]
    assert len(a) == 121 and (a[0], a[-1]) == pytest.approx((-0.1, 1.1))
    assert np.abs(a - 1).min() < 1e-12 and np.abs(a).min() < 1e-12
    before, after = a < 1 - 1e-9, a > 1 + 1e-9
    assert found["cosine"][before] == pytest.approx(1)
    assert found["cosine"][after] == pytest.approx(-1)
    assert found["norm"] == pytest.approx(2 * 5 * np.abs(1 - a), abs=1e-12)


def test_descent_of_any_quadratic():
    """v = -H (w - end) on the chord: cosine -+ u'Hu / |Hu|."""
    h = np.diag([1.0, 10.0])
    end, start = np.array([1.0, -2.0]), np.array([4.0, 1.0])
    u = (end - start) / np.linalg.norm(end - start)
    found = path_angle(linear(-h, torch.from_numpy(end)), start, end, 12)
    wanted = (u @ h @ u) / np.linalg.norm(h @ u) * np.sign(1 - found["position"])
    assert found["cosine"] == pytest.approx(wanted, rel=1e-12)


def test_pure_rotation_towards_the_centre_is_orthogonal():
    turn = np.array([[0.0, -1], [1, 0]])
    found = path_angle(linear(turn), [3.0, 4.0], [0.0, 0.0])
    assert np.abs(found["cosine"]).max() < 1e-12
    assert found["norm"] == pytest.approx(5 * np.abs(1 - found["position"]), abs=1e-12)


def test_pure_rotation_past_the_centre_is_a_bump():
    """Along (a - 1, -h), the field (h, a - 1) has cosine h / sqrt(h^2 + (a - 1)^2)."""
    h = 0.02
    turn = np.array([[0.0, -1], [1, 0]])
    found = path_angle(linear(turn), [-1.0, -h], [0.0, -h], 1201)
    wanted = h / np.sqrt(h**2 + (found["position"] - 1) ** 2)
    assert found["cosine"] == pytest.approx(wanted, rel=1e-9)
    assert found["position"][found["cosine"].argmax()] == pytest.approx(1)
    assert found["cosine"].max() == pytest.approx(1)


def test_path_angle_of_a_gradient_field_by_autograd():
    def field(w):
        (g,) = torch.autograd.grad((w**4).sum(), w, create_graph=True)
        return -g

    found = path_angle(field, np.ones(3), np.zeros(3), 4, beyond=0)
    assert found["position"] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert found["cosine"] == pytest.approx([1, 1, 1, 0])  # the field vanishes at the end
    assert found["norm"] == pytest.approx(
        4 * math.sqrt(3) * np.array([1, 8, 1 / 1, 0]) / [1, 27, 27, 1]
    )


def test_path_angle_knows_no_basis_nor_scale_of_the_field():
    a, q = normal(5, 5, 1), ortho_group.rvs(5, random_state=0)
    start, end = normal(2, 5, 2)
    plain = path_angle(linear(a), start, end, 30)
    turned = path_angle(linear(7 * q @ a @ q.T), q @ start, q @ end, 30)
    assert turned["cosine"] == pytest.approx(plain["cosine"], rel=1e-10)
    assert turned["norm"] == pytest.approx(7 * plain["norm"], rel=1e-10)
    opposite = path_angle(linear(-a), start, end, 30)
    assert opposite["cosine"] == pytest.approx(-plain["cosine"], rel=1e-12)
    back = path_angle(linear(a), end, start, 30)
    assert back["cosine"][::-1] == pytest.approx(-plain["cosine"], rel=1e-9)


def test_cosines_are_never_beyond_one():
    for seed in range(50):
        start, end = normal(2, 7, seed)
        for sign in (1, -1):
            v = sign * torch.from_numpy(end - start)
            found = path_angle(lambda w, v=v: v + 0 * w, start, end, 2)["cosine"]
            assert (np.abs(found) <= 1).all() and found == pytest.approx(sign)


@pytest.mark.parametrize("beyond", [0, 0.1, 2.0])
def test_path_angle_against_numpy(beyond):
    a = normal(8, 8, 1)
    start, end = normal(2, 8, 2)
    found = path_angle(lambda w: (torch.from_numpy(a) @ w).sin(), start, end, 17, beyond)
    for where, cosine, norm in zip(*found.values(), strict=True):
        v = np.sin(a @ ((1 - where) * start + where * end))
        u = end - start
        wanted = u @ v / np.linalg.norm(u) / np.linalg.norm(v)
        assert (cosine, norm) == pytest.approx((wanted, np.linalg.norm(v)), rel=1e-9)
    assert found["position"] == pytest.approx(np.linspace(-beyond, 1 + beyond, 17))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"end": np.ones(3)}, "start equals end in all of 3 parameters"),
        ({"end": np.ones(4)}, "start has 3 parameters and end 4: not comparable"),
        ({"end": [1, 2, math.inf]}, "end holds 1 values that are NaN or infinite"),
        ({"start": [[1.0]]}, r"start has shape \(1, 1\): \[n\] needed"),
        ({"points": 1}, "points is 1: an integer of at least 2"),
        ({"beyond": -0.1}, "beyond is -0.1: at least 0 needed"),
        ({"beyond": math.nan}, "beyond is nan: at least 0 needed"),
        ({"field": lambda w: w[:1]}, r"field has shape \(1,\) at a point of \(3,\)"),
        ({"field": lambda w: w.log() * 0}, "field holds"),
    ],
)
def test_path_angle_of_bad_input(options, message):
    good = {"field": lambda w: w, "start": np.ones(3), "end": -np.ones(3)}
    with pytest.raises(ValueError, match=message):
        path_angle(**(good | options))


# ---- duality gap ----

A, B, C = 2.0, 3.0, 0.5  # M = A g^2 / 2 + B g d - C d^2 / 2


def quadratic(g, d):
    return (A * g**2 / 2 + B * g * d - C * d**2 / 2).sum()


def test_gap_of_a_quadratic_game():
    """Its opponents are d = B g / C and g = -B d / A: gap (B^2/C + A) g^2/2 + (B^2/A + C) d^2/2."""
    g, d = 0.7, -1.1
    found = duality_gap(quadratic, torch.tensor([g]), torch.tensor([d]), 2_000, 0.1)
    assert found["max_d"] == pytest.approx((A + B**2 / C) * g**2 / 2, rel=1e-6)
    assert found["min_g"] == pytest.approx(-(C + B**2 / A) * d**2 / 2, rel=1e-6)
    assert found["duality_gap"] == pytest.approx(found["max_d"] - found["min_g"], rel=1e-12)


@pytest.mark.parametrize("steps", [1, 2, 7, 40])
def test_gap_after_so_many_steps(steps):
    """A gradient step shrinks the distance to the best opponent by 1 - lr times the curvature."""
    g, d, lr = 0.7, -1.1, 0.05
    d_end = B * g / C + (1 - lr * C) ** steps * (d - B * g / C)
    g_end = -B * d / A + (1 - lr * A) ** steps * (g + B * d / A)
    found = duality_gap(quadratic, np.array([g]), np.array([d]), steps, lr)
    highest = A * g**2 / 2 + B * g * d_end - C * d_end**2 / 2
    lowest = A * g_end**2 / 2 + B * g_end * d - C * d**2 / 2
    assert found["max_d"] == pytest.approx(highest, rel=1e-12)
    assert found["min_g"] == pytest.approx(lowest, rel=1e-12)


def test_gap_of_the_bilinear_game():
    """M = g d is unbounded: T steps gain lr T (g^2 + d^2)."""
    g, d = torch.tensor([3.0]).double(), torch.tensor([-2.0]).double()
    found = duality_gap(lambda g, d: (g * d).sum(), g, d, 10, 0.1)
    assert found == pytest.approx({"duality_gap": 13, "max_d": 3, "min_g": -10})


def test_gap_at_the_equilibrium_is_zero():
    zero = torch.zeros(3)
    assert duality_gap(quadratic, zero, zero)["duality_gap"] == 0
    assert duality_gap(lambda g, d: torch.tensor(5.0), zero, zero) == {
        "duality_gap": 0,
        "max_d": 5,
        "min_g": 5,
    }


def test_gap_is_never_negative_and_grows_with_steps():
    w = torch.from_numpy(normal(4, 4))

    def value(g, d):
        return torch.sin(3 * g @ w @ d) + (g**2).sum() - (d**2).sum()

    g, d = torch.from_numpy(normal(2, 4, 1))
    found = [duality_gap(value, g, d, n, 0.3)["duality_gap"] for n in (1, 2, 5, 20, 100)]
    assert found == sorted(found) and found[0] >= 0 and found[-1] > 0


def test_gap_is_that_of_the_negative_game_with_the_sides_changed():
    g, d = torch.from_numpy(normal(2, 3))
    one = duality_gap(quadratic, g, d, 9)
    other = duality_gap(lambda a, b: -quadratic(b, a), d, g, 9)
    assert other["duality_gap"] == pytest.approx(one["duality_gap"], rel=1e-12)
    assert (other["max_d"], other["min_g"]) == pytest.approx((-one["min_g"], -one["max_d"]))


def test_gap_of_mappings_is_that_of_tensors_and_leaves_them_alone():
    g = {"a": torch.tensor([0.5]), "n": torch.tensor(3)}
    d = {"x": torch.tensor([1.5], requires_grad=True), "idle": torch.ones(2)}
    wanted = duality_gap(quadratic, g["a"], d["x"], 5)

    def value(g, d):
        assert g["n"] == 3
        return quadratic(g["a"], d["x"])

    assert duality_gap(value, g, d, 5) == wanted
    assert g["a"] == 0.5 and d["x"] == 1.5 and d["x"].grad is None


def test_gap_of_the_dirac_gan_against_torch_optimisers():
    def value(g, d):
        softplus = torch.nn.functional.softplus
        return -softplus(-d * 0.0).sum() - softplus(d * g).sum() - 0.1 * (d**2).sum()

    g, d = torch.tensor([0.8]).double(), torch.tensor([0.3]).double()
    ends = []
    for side, sign in ((1, -1.0), (0, 1.0)):
        pair = [g.clone(), d.clone()]
        pair[side].requires_grad_()
        optimiser = torch.optim.SGD([pair[side]], 0.2)
        for _ in range(30):
            optimiser.zero_grad()
            (sign * value(*pair)).backward()
            optimiser.step()
        ends.append(float(value(*pair).detach()))
    found = duality_gap(value, g, d, 30, 0.2)
    assert (found["max_d"], found["min_g"]) == pytest.approx(ends, rel=1e-12)


def test_gap_of_networks():
    """A trained pair has a smaller gap than one whose generator is off."""
    torch.manual_seed(0)
    z, real = torch.randn(256, 1), torch.randn(256, 1)
    d = torch.nn.Sequential(torch.nn.Linear(1, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
    softplus = torch.nn.functional.softplus

    def value(g, parameters):
        def logits(x):
            return torch.func.functional_call(d, parameters, (x,))

        fake = z * g["scale"] + g["shift"]
        return -softplus(-logits(real)).mean() - softplus(logits(fake)).mean()

    def gap(shift):
        g = {"scale": torch.ones(1), "shift": torch.full((1,), shift)}
        return duality_gap(value, g, dict(d.named_parameters()), 200, 0.1)["duality_gap"]

    assert 0 <= gap(0.0) < gap(1.0) < gap(3.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps is 0: an integer of at least 1"),
        ({"steps": 1.5}, "steps is 1.5: an integer"),
        ({"lr": 0}, "lr is 0: a positive number needed"),
        ({"lr": math.nan}, "lr is nan: a positive number needed"),
        ({"lr": 1e200}, r"value is -?(inf|nan) after \d steps with lr 1e\+200"),
        ({"value": lambda g, d: g * d}, r"value has shape \(2,\): a scalar needed"),
        ({"value": lambda g, d: (g / 0 * d).sum()}, "value is (inf|nan) after 0 steps"),
        ({"g": torch.ones(2, dtype=torch.long)}, "g has 1 tensors and none of real numbers"),
        ({"d": {}}, "d has 0 tensors and none of real numbers"),
    ],
)
def test_gap_of_bad_input(options, message):
    good = {"value": quadratic, "g": torch.ones(2), "d": torch.ones(2)}
    with pytest.raises(ValueError, match=message):
        duality_gap(**(good | options))


# ---- importing ----


def test_importing_the_metrics_imports_neither_torch_nor_sklearn():
    import subprocess
    import sys

    code = (
        "import sys, ganbench.metrics as m; "
        "print([n for n in ('torch', 'numpy', 'sklearn', 'scipy') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
