"""What the tests of methods share: the built-in variants, and formulas written out by hand."""

from pathlib import Path

import torch

import ganbench
from ganbench.core import registry

PACKAGE = Path(ganbench.__file__).parent


def built_in(kind):
    """Return what the package itself registers of a kind; plugins bring their own tests."""
    return [x for x in kind.items() if Path(kind.source(x.name)).is_relative_to(PACKAGE)]


VARIANTS = built_in(registry.variants)
MODIFIERS = built_in(registry.modifiers)


def sp(x):
    return torch.log1p(torch.exp(x))


def relu(x):
    return torch.clamp(x, min=0)


def plain_distance2(x, y):
    return ((x.unsqueeze(1) - y.unsqueeze(0)) ** 2).sum(-1)


def off_diagonal(matrix):
    keep = ~torch.eye(len(matrix), dtype=torch.bool)
    return matrix[keep].mean()


def plain_mmd2(x, y, k):
    return off_diagonal(k(x, x)) + off_diagonal(k(y, y)) - 2 * k(x, y).mean()


def plain_median2(x, y):
    """The upper median of the squared distances between any two of both batches."""
    both = torch.cat([x, y]).detach()
    pairs = [((a - b) ** 2).sum() for i, a in enumerate(both) for b in both[:i]]
    return torch.stack(pairs).sort().values[len(pairs) // 2]


def relative_mmd(r, f):
    """MMD, with pairs of a sample with itself, for Gaussian kernels around the median distance."""
    unit2 = plain_median2(r, f)

    def k(x, y):
        squared = plain_distance2(x, y) / unit2
        return sum(torch.exp(-squared / (2 * 4.0**i)) for i in range(-2, 3)).mean()

    return torch.sqrt(k(r, r) + k(f, f) - 2 * k(r, f))


def mmd_gan(r, f):
    r, f = r[:, 1:], f[:, 1:]
    wrong = torch.clamp(f.mean(0) - r.mean(0), min=0).sum() / plain_median2(r, f).sqrt()
    return relative_mmd(r, f) - 0.16 * wrong


def rq(x, y):
    squared = plain_distance2(x, y)
    return x @ y.T + sum((1 + squared / (2 * a)) ** (-a) for a in (0.2, 0.5, 1.0, 2.0, 5.0))


def energy(x, y):
    """2 E|x - y| - E|x - x'| - E|y - y'|, without the pairs of a sample with itself."""

    def pairs(a, b):
        return torch.stack([(p - q).norm() for p in a for q in b])

    def within(a):
        return torch.stack([(p - q).norm() for i, p in enumerate(a) for q in a[:i]]).mean()

    return 2 * pairs(x, y).mean() - within(x) - within(y)


def entropic(x, y, epsilon=1.0, iterations=20):
    """Sinkhorn's scaling iterations without logarithms."""
    cost = plain_distance2(x, y)
    kernel = torch.exp(-cost / epsilon)
    n, m = cost.shape
    b = torch.ones(m, dtype=cost.dtype)
    for _ in range(iterations):
        a = (1 / n) / (kernel @ b)
        b = (1 / m) / (kernel.T @ a)
    return (a[:, None] * kernel * b * cost).sum()


def sinkhorn(x, y, epsilon=0.1, iterations=20):
    """Return the divergence in median costs, of which epsilon is a share."""
    unit = plain_median2(x, y).sqrt()
    x, y = x / unit, y / unit

    def cost(a, b):
        return entropic(a, b, epsilon, iterations)

    return cost(x, y) - 0.5 * cost(x, x) - 0.5 * cost(y, y)


def pull_away(codes):
    n = len(codes)
    total = 0.0
    for i in range(n):
        for j in range(n):
            if i != j:
                cosine = codes[i] @ codes[j] / (codes[i].norm() * codes[j].norm())
                total = total + cosine**2
    return total / (n * (n - 1))


def top_half(values, logits):
    return values[torch.sort(logits, descending=True).indices[: len(logits) // 2]].mean()


def double_backward(d, x, reduce):
    """Return ``reduce`` of each sample's gradient, by torch's own autograd."""
    x = x.clone().requires_grad_(True)
    (slope,) = torch.autograd.grad(d(x).sum(), x, create_graph=True)
    return reduce(slope.flatten(1))
