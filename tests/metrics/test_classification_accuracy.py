"""Train on generated, test on real."""

import importlib
import math

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from scipy.special import logsumexp

from ganbench.metrics import classification_accuracy
from tests.metrics._helpers import BAD, blobs, check_entry, column, normal, over_bad

ACCURACY = importlib.import_module("ganbench.metrics.classification_accuracy")
GOOD = normal(40, 2)


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


def test_the_entry_is_the_function(tmp_path):
    fake, test = blobs(150, 1), blobs(90, 2)
    wanted = {"cas": classification_accuracy(*fake, *test)}
    check_entry("classification-accuracy", tmp_path, test, fake, wanted)
