"""Path angle: quadratics, rotations, a trained pair."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import ortho_group

from ganbench.core import registry
from ganbench.metrics import path_angle
from tests.metrics._helpers import game, linear, normal


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


# ---- of a trained pair ----


def of_pair(field, start, end):
    metric = registry.metrics.get("path-angle")
    prepared = metric.prepare(np.zeros((4, 2)), **metric.params)
    return metric.compute(prepared, game(field, start, end), **metric.params)


def test_attraction_is_1_where_the_end_attracts_and_minus_1_where_it_repels():
    start, end = [4.0, 1.0, 0.0, 2.0], [1.0, -2.0, 0.5, 1.0]
    inward = linear(-2 * np.eye(4), torch.tensor(end))
    assert of_pair(inward, start, end)["path_attraction"] == pytest.approx(1)
    outward = linear(2 * np.eye(4), torch.tensor(end))
    assert of_pair(outward, start, end)["path_attraction"] == pytest.approx(-1)


def test_attraction_is_half_of_what_the_cosine_loses_at_the_end():
    """Across the path there is a part of the field too: the cosine is +-d / sqrt(d^2 + b^2)."""
    b, d = 0.3, 0.5  # d: a tenth of the path's length
    across = torch.tensor([0.0, b], dtype=torch.float64)
    found = of_pair(lambda w: across - w, [5.0, 0.0], [0.0, 0.0])
    assert found["path_attraction"] == pytest.approx(d / math.hypot(d, b))
    assert found["path_rotation"] == pytest.approx(0, abs=1e-12)


def test_rotation_is_the_height_of_the_bump_whatever_its_sign():
    """The field (h, a - 1) beside the centre of a turn has the cosine h / sqrt(h^2 + (a - 1)^2)."""
    h = 0.02
    turn = np.array([[0.0, -1], [1, 0]])
    for sign in (1, -1):
        found = of_pair(linear(sign * turn), [-1.0, -h], [0.0, -h])
        assert found["path_rotation"] == pytest.approx(1 - h / math.hypot(h, 0.1))
        assert found["path_attraction"] == pytest.approx(0, abs=1e-12)
