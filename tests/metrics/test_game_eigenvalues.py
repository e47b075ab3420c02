"""Eigenvalues of a game's field: closed forms, ARPACK, Arnoldi, a trained pair."""

import importlib
import math

import numpy as np
import pytest
import torch
from scipy.linalg import block_diag
from scipy.stats import ortho_group

from ganbench.core import registry
from ganbench.metrics import game_jacobian_eigenvalues
from ganbench.metrics.game_eigenvalues import ritz_values
from tests.metrics._helpers import game, linear, normal

EIGEN = importlib.import_module("ganbench.metrics.game_eigenvalues")


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


def test_ritz_values_are_the_eigenvalues():
    rng = np.random.default_rng(0)
    a = torch.from_numpy(rng.standard_normal((12, 12)))
    point = torch.from_numpy(rng.standard_normal(12))
    whole = ritz_values(lambda w: a @ w, point, 40)
    exact = np.linalg.eigvals(a.numpy())
    np.testing.assert_allclose(np.sort_complex(whole), np.sort_complex(exact), atol=1e-9)
    big = torch.diag(torch.linspace(-1, 1, 400, dtype=torch.float64))
    big[:2, :2] = torch.tensor([[-3.0, 5.0], [-5.0, -3.0]])  # -3 +- 5i, outside of the others
    outer = ritz_values(lambda w: big @ w, torch.ones(400), 40)
    assert len(outer) == 40
    np.testing.assert_allclose(
        sorted(outer[:2], key=lambda z: z.imag), [-3 - 5j, -3 + 5j], atol=1e-8
    )
    inner = torch.diag(torch.tensor([2.0, 2.0, 2.0, 2.0], dtype=torch.float64))
    np.testing.assert_allclose(ritz_values(lambda w: inner @ w, torch.ones(4), 4), [2])
    still = ritz_values(lambda w: torch.ones_like(w), torch.ones(3), 3)  # a constant field
    np.testing.assert_array_equal(still, [0])


# ---- of a trained pair ----


def of_pair(*blocks):
    """Return the metric's values where the field is linear, with these blocks on its diagonal."""
    metric = registry.metrics.get("game-eigenvalues")
    matrix = block_diag(*blocks)
    end = np.zeros(len(matrix))
    pair = game(linear(matrix), end + 1, end)
    return metric.compute(metric.prepare(np.zeros((4, 2)), **metric.params), pair, **metric.params)


def turning(speed):
    """Return a block with the eigenvalues +-i ``speed``."""
    return speed * np.array([[0.0, -1], [1, 0]])


@pytest.mark.parametrize(("speed", "rotation"), [(0.09, 0), (0.11, 1), (0.5, 1)])
def test_rotation_is_that_of_eigenvalues_above_a_tenth_of_the_largest(speed, rotation):
    found = of_pair(-1, -0.5, turning(speed))
    assert found["game_rotation"] == pytest.approx(rotation, abs=1e-9)


def test_rotation_is_the_largest_share_of_an_imaginary_part():
    found = of_pair([[-3.0, -4], [4, -3]], -1.0, [[-4.0, -3], [3, -4]])
    assert found == pytest.approx({"game_repulsion": -1, "game_rotation": 0.8})


def test_repulsion_is_the_largest_real_part_however_small_its_eigenvalue():
    assert of_pair(-1, 0.01)["game_repulsion"] == pytest.approx(0.01)
    assert of_pair(-5, -2)["game_repulsion"] == pytest.approx(-2)
    assert of_pair(-5, 0.5, turning(2))["game_repulsion"] == pytest.approx(0.5)


def test_a_constant_field_neither_repels_nor_turns():
    assert of_pair(0, 0) == {"game_repulsion": 0, "game_rotation": 0}
