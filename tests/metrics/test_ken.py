"""Kernel entropy of novel modes: the paper's matrix, modes far apart, invariants."""

import math

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import ortho_group

from ganbench.core import registry
from ganbench.metrics import ken
from ganbench.metrics.ken import novel_modes, prepare
from tests.metrics._helpers import check_entry, kinds, normal, two

CENTERS = 100 * np.eye(6)


def brute(real, fake, sigma, eta):
    """Return KEN from the eigenvalues of the paper's matrix, which is not symmetric."""

    def kernel(a, b):
        return np.exp(-cdist(a, b, "sqeuclidean") / (2 * sigma**2)) / math.sqrt(len(a) * len(b))

    across = math.sqrt(eta) * kernel(fake, real)
    matrix = np.block([[kernel(fake, fake), across], [-across.T, -eta * kernel(real, real)]])
    values = np.linalg.eigvals(matrix)
    assert np.abs(values.imag).max() < 1e-9
    values = values.real[values.real > 1e-12]
    return float((values * np.log(values.sum() / values)).sum()) if len(values) else 0.0


@pytest.mark.parametrize("eta", [0.5, 1.0, 3.0])
@pytest.mark.parametrize(("n", "m", "d", "sigma"), [(40, 40, 3, 1.0), (30, 50, 8, 2.0)])
def test_against_the_matrix_of_the_paper(n, m, d, sigma, eta):
    x, y = two(n, m, d)
    found = ken(x, y, sigma, eta)
    assert found == pytest.approx(brute(x, y, sigma, eta), abs=1e-7)
    assert found > 0.01


def test_far_modes_by_hand():
    """Eigenvalues are differences of frequencies where modes are far apart."""
    real = np.repeat(CENTERS[:2], 6, 0)
    for kinds_of_fake, counts, wanted in (
        ((2, 3), (6, 6), [1 / 2, 1 / 2]),  # two novel modes
        ((0, 2, 3), (4, 4, 4), [1 / 3, 1 / 3]),  # 1/3 - 1/2 < 0 does not count
        ((0, 1), (9, 3), [1 / 4]),  # 3/4 - 1/2
        ((5,), (7,), [1.0]),
    ):
        fake = np.repeat(CENTERS[list(kinds_of_fake)], counts, 0)
        assert novel_modes(real, fake, 1.0).tolist() == pytest.approx(wanted, abs=1e-12)
        mass = np.array(wanted)
        entropy = (mass * np.log(mass.sum() / mass)).sum()
        assert ken(real, fake, 1.0) == pytest.approx(entropy, abs=1e-12)


def test_eta_is_how_much_more_frequent_a_mode_must_be():
    real, fake = np.repeat(CENTERS[:3], [8, 1, 1], 0), np.repeat(CENTERS[:3], [4, 3, 3], 0)
    wanted = {1.0: [0.2, 0.2], 2.0: [0.1, 0.1], 3.0: []}
    for eta, values in wanted.items():
        assert novel_modes(real, fake, 1.0, eta).tolist() == pytest.approx(values, abs=1e-12)
    assert ken(real, fake, 1.0, 4.0) == 0


def test_the_same_samples_have_nothing_novel():
    x = normal(50, 3)
    assert ken(x, x, 1.0) == pytest.approx(0, abs=1e-9)
    assert ken(x, x[::-1], 1.0) == pytest.approx(0, abs=1e-9)


def test_more_novel_modes_are_more_and_sampling_alone_is_little():
    rng = np.random.default_rng(0)

    def drawn(modes, n=400):
        return CENTERS[rng.integers(0, modes, n)] + normal(n, 6, modes)

    real = drawn(2)
    floor, one, three = (ken(real, drawn(modes), 10.0) for modes in (2, 3, 5))
    assert floor < 0.1 and one < three and three > 5 * floor


def test_invariants():
    x, y = two()
    found = ken(x, y, 1.0)
    turn = ortho_group.rvs(3, random_state=1)
    for a, b in ((x[::-1], y[::-1]), (x @ turn, y @ turn), (x + 1e3, y + 1e3),
                 (np.vstack([x, x]), np.vstack([y, y, y]))):  # fmt: skip
        assert ken(a, b, 1.0) == pytest.approx(found, rel=1e-6)
    assert ken(1e3 * x, 1e3 * y, 1e3) == pytest.approx(found, rel=1e-9)
    x, y = (np.random.default_rng(s).integers(0, 9, (16 + s, 3)) for s in (0, 5))
    assert len({ken(*pair, 2.0) for pair in kinds(x, y)}) == 1


@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, "1", True])
def test_bad_sigma_and_eta(value):
    with pytest.raises(ValueError, match=f"sigma is {value!r}: a positive number needed"):
        ken(*two(), value)
    with pytest.raises(ValueError, match=f"eta is {value!r}: a positive number needed"):
        ken(*two(), 1.0, value)


def test_the_dense_problem_stays_small():
    assert 2 * registry.metrics.get("ken").max_samples <= 2000


def test_the_entry_is_the_function(tmp_path):
    x, y = two(80, 60)
    check_entry("ken", tmp_path, x, y, {"ken": ken(x, y, float(prepare(x)["sigma"]))})
