"""The classifier score: by hand, parts, invariants, entropies."""

import importlib
import math

import numpy as np
import pytest
import torch

from ganbench.metrics import classifier_score
from tests.metrics._helpers import BAD, check_entry, over_bad

SCORE = importlib.import_module("ganbench.metrics.classifier_score")


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


def test_the_entry_is_the_function(tmp_path):
    p = simplex(60, 7)
    check_entry("classifier-score", tmp_path, None, p, {"classifier_score": classifier_score(p)})
