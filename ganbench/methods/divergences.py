"""Divergences between two batches of vectors ``x [B, K]`` and ``y [B, K]``, differentiable.

Each returns a scalar. Estimators over pairs within a batch leave a sample's pair with itself out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from ganbench.core.lazy import torch
from ganbench.methods._roots import smooth_sqrt

if TYPE_CHECKING:
    from torch import Tensor

Kernel = Callable[["Tensor", "Tensor"], "Tensor"]


def squared_distances(x: Tensor, y: Tensor) -> Tensor:
    """Return ``|x_i - y_j|^2``, ``[B, B']``.

    |x|^2 + |y|^2 - 2 x.y needs no ``[B, B', K]``; in double precision it loses nothing that single
    precision had. Samples in double precision leave no such room: their differences are squared.
    """
    if x.dtype == torch.float64:
        return (x[:, None] - y[None]).square().sum(2)
    a, b = x.double(), y.double()
    squared = a.square().sum(1)[:, None] + b.square().sum(1) - 2 * (a @ b.T)
    return squared.clamp(min=0).to(x.dtype)


def distances(x: Tensor, y: Tensor) -> Tensor:
    """Return ``|x_i - y_j|``, ``[B, B']``; where it is 0, so is its derivative."""
    return smooth_sqrt(squared_distances(x, y))


def median_square(x: Tensor, y: Tensor) -> Tensor:
    """Return the median squared distance between any two of both batches, without a gradient.

    What is divided by it keeps its value when all vectors are scaled. 1 where the median is 0.
    """
    both = torch.cat([x, y]).detach()
    first, second = torch.triu_indices(len(both), len(both), offset=1, device=x.device)
    each_pair = squared_distances(both, both)[first, second]
    middle = each_pair.kthvalue(len(each_pair) // 2 + 1).values
    return middle.masked_fill(middle == 0, 1.0)


def rbf_mixture(unit2: Tensor) -> Kernel:
    """Return the sum of exp(-|x - y|^2 / (2 s^2 unit2)) over s = 1/4, 1/2, 1, 2, 4.

    Li 2017, section 5, has s = 1, 2, 4, 8, 16 and no unit.
    """

    def kernel(x: Tensor, y: Tensor) -> Tensor:
        squared = squared_distances(x, y) / unit2
        return torch.stack([(-squared / (2 * s**2)).exp() for s in (0.25, 0.5, 1, 2, 4)]).sum(0)

    return kernel


def rational_quadratic(x: Tensor, y: Tensor) -> Tensor:
    """Return x.y + sum of (1 + |x - y|^2 / (2 a))^-a over a = 0.2, 0.5, 1, 2, 5.

    The kernel rq* of Binkowski 2018, section 5.
    """
    squared = squared_distances(x, y)
    mixture = [(1 + squared / (2 * a)) ** -a for a in (0.2, 0.5, 1, 2, 5)]
    return torch.stack(mixture).sum(0) + x @ y.T


def negative_distance(x: Tensor, y: Tensor) -> Tensor:
    """Return -|x - y|, the kernel whose MMD^2 is half the energy distance, times 2."""
    return -distances(x, y)


def _mean_of_others(matrix: Tensor) -> Tensor:
    """Return the mean of a square matrix without its diagonal."""
    n = len(matrix)
    return (matrix.sum() - matrix.diagonal().sum()) / (n * (n - 1))


def mmd2(x: Tensor, y: Tensor, kernel: Kernel) -> Tensor:
    """Return the unbiased estimate of MMD^2. Gretton et al. 2012, Lemma 6; needs B >= 2."""
    within = _mean_of_others(kernel(x, x)) + _mean_of_others(kernel(y, y))
    return within - 2 * kernel(x, y).mean()


def biased_mmd2(x: Tensor, y: Tensor, kernel: Kernel) -> Tensor:
    """Return the estimate of MMD^2 with a sample's pair with itself, never below 0.

    Gretton et al. 2012, eq. 5.
    """
    value = kernel(x, x).mean() + kernel(y, y).mean() - 2 * kernel(x, y).mean()
    return value.clamp(min=0)


def witness(kernel: Kernel) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """Return ``(h, real, fake) -> E k(h, real) - E k(h, fake)``, ``[B]``."""

    def difference(h: Tensor, real: Tensor, fake: Tensor) -> Tensor:
        similar = kernel(h, torch.cat([real, fake]))
        return similar[:, : len(real)].mean(1) - similar[:, len(real) :].mean(1)

    return difference


def _entropic(costs: Tensor, epsilon: float, iterations: int) -> Tensor:
    """Return the entropic transport costs <P, C> ``[M]`` of matrices ``[M, B, B']``.

    Between uniform weights, by Sinkhorn's iterations. The first is done with logarithms: it scales
    the kernel to a plan whose columns have their weights. The others scale that plan by products in
    double precision, which is faster; as no sum of its rows is below 1 / B^3, nothing overflows.
    """
    from ganbench.methods._scaling import scalings

    _, rows, columns = costs.shape
    kernel = -costs.double() / epsilon
    f = -math.log(rows) - kernel.logsumexp(2, keepdim=True)
    g = -math.log(columns) - (kernel + f).logsumexp(1, keepdim=True)
    plan = (kernel + f + g).exp()
    if iterations > 1:
        u, v = scalings(plan, iterations - 1)
        plan = u * plan * v.transpose(1, 2)
    return (plan * costs).sum((1, 2)).to(costs.dtype)


def sinkhorn_divergence(x: Tensor, y: Tensor, epsilon: float = 1.0, iterations: int = 20) -> Tensor:
    """Return W(x, y) - (W(x, x) + W(y, y)) / 2, W the entropic cost for |x - y|^2.

    Genevay et al. 2018, eq. 3 (there without the half: twice this); the gradient goes through all
    iterations, as in its section 4. x and y are of one size.
    """
    costs = torch.stack([squared_distances(a, b) for a, b in ((x, y), (x, x), (y, y))])
    across_and_within = _entropic(costs, epsilon, iterations)
    return across_and_within[0] - across_and_within[1:].mean()


def sliced_wasserstein2(x: Tensor, y: Tensor, directions: Tensor) -> Tensor:
    """Return the mean over ``directions [P, K]`` of W2^2 between the projections.

    Deshpande et al. 2018, eq. 8. Directions are normalised here; x and y are of one size.
    """
    unit = directions / directions.square().sum(1, keepdim=True).sqrt()
    a, b = (unit @ x.T).sort(1).values, (unit @ y.T).sort(1).values
    return (a - b).square().mean()
