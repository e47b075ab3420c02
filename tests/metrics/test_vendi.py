"""Vendi score: numbers of kinds, the whole kernel, invariants."""

import math

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import ortho_group

from ganbench.metrics import vendi_score
from tests.metrics._helpers import check_degradations, check_entry, normal, two

ORDERS = [0, 0.5, 1, 2, 7, math.inf]


@pytest.mark.parametrize("q", ORDERS)
@pytest.mark.parametrize(("n", "d", "kinds"), [(12, 5, 4), (6, 30, 3), (8, 8, 8), (9, 4, 1)])
def test_vendi_counts_kinds_in_equal_shares(q, n, d, kinds):
    x = 3 * np.eye(kinds, d)[np.arange(n) % kinds]
    if n % kinds == 0:
        assert vendi_score(x, q) == pytest.approx(kinds, rel=1e-12)


@pytest.mark.parametrize("q", ORDERS)
def test_vendi_of_unequal_shares_is_the_hill_number(q):
    p = np.array([0.5, 0.3, 0.2])
    x = np.eye(3)[np.repeat([0, 1, 2], [5, 3, 2])]
    if q == 1:
        wanted = math.exp(-(p * np.log(p)).sum())
    else:
        wanted = 2 if math.isinf(q) else (p**q).sum() ** (1 / (1 - q))
    assert vendi_score(x, q) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("q", ORDERS)
@pytest.mark.parametrize(("n", "d"), [(50, 7), (7, 50), (20, 20)])
def test_vendi_against_the_whole_kernel(q, n, d):
    x = normal(n, d) + 0.3
    values = np.linalg.eigvalsh(1 - cdist(x, x, "cosine")) / n
    values = values[values > 1e-12]
    if q == 1:
        wanted = math.exp(-(values * np.log(values)).sum())
    else:
        wanted = 1 / values.max() if math.isinf(q) else (values**q).sum() ** (1 / (1 - q))
    assert vendi_score(x, q) == pytest.approx(wanted, rel=1e-9)


def test_vendi_invariants():
    x = normal(30, 6)
    found = vendi_score(x)
    assert 1 < found < 6
    assert vendi_score(np.vstack([x, x])) == pytest.approx(found, rel=1e-12)
    assert vendi_score(x * np.linspace(0.1, 9, 30)[:, None]) == pytest.approx(found, rel=1e-12)
    assert vendi_score(x @ ortho_group.rvs(6, random_state=0)) == pytest.approx(found, rel=1e-12)
    assert vendi_score(x * 1e-200) == pytest.approx(found, rel=1e-12)
    scores = [vendi_score(x, q) for q in ORDERS]
    assert scores == sorted(scores, reverse=True)
    assert vendi_score(np.full((9, 4), 2.0)) == pytest.approx(1, rel=1e-12)


def test_bad_vendi():
    with pytest.raises(ValueError, match="x has 2 rows of zeros"):
        vendi_score(np.eye(4, 2))
    for q in (-1, math.nan, "1", True):
        with pytest.raises(ValueError, match=f"q is {q!r}: a number of at least 0"):
            vendi_score(np.eye(2), q)


def test_the_entry_is_the_function(tmp_path):
    x, y = two(150, 120)
    check_entry("vendi", tmp_path, x, y, {"vendi": vendi_score(y)})


def test_degradations_are_seen():
    # noise is more diverse, and twelve copies span all four features
    check_degradations("vendi", "dropped", "blur")
