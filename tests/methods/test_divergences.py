"""Divergences between batches against POT, and their invariants."""

import math
from itertools import combinations

import pytest
import torch

from ganbench.methods import divergences as div


def test_transport_between_batches_equals_pot():
    import ot

    torch.manual_seed(0)
    x, y = torch.randn(2, 24, 3, dtype=torch.float64, requires_grad=True)
    directions = torch.randn(50, 3, dtype=torch.float64)
    unit = (directions / directions.norm(dim=1, keepdim=True)).T
    ours = div.sliced_wasserstein2(x, y, directions)
    theirs = ot.sliced_wasserstein_distance(x, y, projections=unit, p=2) ** 2
    torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=0)
    weights = torch.full((24,), 1 / 24, dtype=torch.float64)

    def cost(a, b):
        return ot.sinkhorn2(
            weights, weights, ot.dist(a, b), 1.0, method="sinkhorn_log", numItermax=20_000,
            stopThr=1e-13,
        )  # fmt: skip

    ours = div.sinkhorn_divergence(x, y, epsilon=1.0, iterations=5_000)
    theirs = cost(x, y) - (cost(x, x) + cost(y, y)) / 2
    torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=0)


def in_logarithms(costs, epsilon, iterations):
    """Return the entropic transport costs as they are usually written."""
    _, rows, columns = costs.shape
    kernel, f, g = -costs / epsilon, torch.zeros(1), torch.zeros(1)
    for _ in range(iterations):
        f = -math.log(rows) - (kernel + g).logsumexp(2, keepdim=True)
        g = -math.log(columns) - (kernel + f).logsumexp(1, keepdim=True)
    return ((kernel + f + g).exp() * costs).sum((1, 2))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("iterations", [1, 2, 20])
def test_scaled_sinkhorn_and_its_derivatives_are_those_of_the_logarithms(iterations, dtype):
    torch.manual_seed(0)
    costs = 5 * torch.rand(3, 7, 9, dtype=dtype)
    costs[0, 2] += 1_000  # as far as 10,000 epsilon
    costs[1, :, 4] += 1_000

    def slope(function, given):  # also the second derivative, by a direction
        given = given.requires_grad_()
        (first,) = torch.autograd.grad(
            function(given, 0.1, iterations).sum(), given, create_graph=True
        )
        (second,) = torch.autograd.grad(first.sin().sum(), given)
        return first.detach(), second

    tolerance = {"rtol": 1e-5 if dtype == torch.float32 else 1e-8, "atol": 0}
    ours, exact = (
        div._entropic(costs, 0.1, iterations),
        in_logarithms(costs.double(), 0.1, iterations),
    )
    torch.testing.assert_close(ours, exact.to(dtype), **tolerance)
    for a, b in zip(slope(div._entropic, costs), slope(in_logarithms, costs.double()), strict=True):
        scale = float(b.abs().max())
        torch.testing.assert_close(a / scale, (b / scale).to(dtype), rtol=0, atol=tolerance["rtol"])


def test_scaled_sinkhorn_is_differentiated_in_every_lane():
    torch.manual_seed(0)
    x, y = torch.randn(2, 4, 6, 3, dtype=torch.float64)
    together = torch.func.vmap(torch.func.grad(div.sinkhorn_divergence))(x, y)
    alone = torch.stack(
        [torch.func.grad(div.sinkhorn_divergence)(*xy) for xy in zip(x, y, strict=True)]
    )
    torch.testing.assert_close(together, alone, rtol=1e-9, atol=1e-12)


def test_divergences_have_their_invariants():
    torch.manual_seed(0)
    x, y = torch.randn(2, 16, 3, dtype=torch.float64)
    directions = torch.randn(50, 3, dtype=torch.float64)
    assert float(div.sinkhorn_divergence(x, x)) == pytest.approx(0, abs=1e-12)
    assert float(div.sliced_wasserstein2(x, x[torch.randperm(16)], directions)) < 1e-20
    for function in (
        lambda a, b: div.sinkhorn_divergence(a, b, iterations=2_000),
        lambda a, b: div.sliced_wasserstein2(a, b, directions),
        lambda a, b: div.mmd2(a, b, div.rational_quadratic),
    ):
        assert float(function(x, y)) == pytest.approx(float(function(y, x)), rel=1e-9)
    shift = torch.tensor([3.0, 0.0, 0.0], dtype=torch.float64)
    assert float(div.sinkhorn_divergence(x, x + shift, 1.0, 5_000)) == pytest.approx(9, rel=1e-6)


def test_the_unit_is_the_median_of_all_squared_distances_of_both_batches():
    torch.manual_seed(0)
    x, y = torch.randn(2, 4, 3, dtype=torch.float64)
    squares = sorted(float((a - b).square().sum()) for a, b in combinations(torch.cat([x, y]), 2))
    assert len(squares) == 28
    assert float(div.median_square(x, y)) == pytest.approx(squares[14], rel=1e-12)
    assert float(div.median_square(x[:1], x[:1])) == 1  # no distance at all
    assert not div.median_square(x.requires_grad_(), y).requires_grad


def test_distances_in_single_precision_are_those_of_double():
    torch.manual_seed(0)
    x, y = (100 + torch.randn(2, 8, 3)).unbind()
    exact = (x.double()[:, None] - y.double()[None]).square().sum(2)
    torch.testing.assert_close(div.squared_distances(x, y), exact.float(), rtol=1e-6, atol=0)
    assert torch.equal(div.squared_distances(x, x).diagonal(), torch.zeros(8))
