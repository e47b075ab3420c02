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
    oscillation,
)

COPYING = importlib.import_module("ganbench.metrics.data_copying")
ACCURACY = importlib.import_module("ganbench.metrics.classification_accuracy")
SCORE = importlib.import_module("ganbench.metrics.classifier_score")


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
