"""Sinkhorn divergence: entropic optimal transport without its bias.

Feydy et al. 2019 (arXiv:1810.08278), with the squared Euclidean cost C and uniform
weights a and b:

    OT(a, b) = min over couplings P of <P, C> + reg KL(P | a b')
    S(a, b) = OT(a, b) - OT(a, a) / 2 - OT(b, b) / 2

S is 0 only for equal sets; it tends to the squared W2 for a small ``reg`` and to the squared
distance of the means for a large one. Each OT is the value of its dual, <a, f> + <b, g>, at
potentials that meet both marginals (to ``TOLERANCE``), found by Sinkhorn's
iterations: annealed in the log domain, then by products with exp((f + g - C) / reg), whose
scalings are absorbed into f and g before they can overflow (Schmitzer 2019, arXiv:1610.06519),
with a step of Newton's method after each absorption wherever that is nearer.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import np, torch
from ganbench.core.registry import register
from ganbench.metrics import _inputs

if TYPE_CHECKING:
    from torch import Tensor

    from ganbench.core.kinds import Array

TOLERANCE = 1e-9
ROUNDS, ITERATIONS = 200, 20  # absorptions, and products between them
SHARE_OF_MEDIAN = 0.05


class SinkhornDivergence(NamedTuple):
    """The divergence, in squared units of the data, and the regularisation it was taken at."""

    value: float
    reg: float


def _cost(x: Tensor, y: Tensor) -> Tensor:
    # The differences themselves: a product form would lose half the digits of small distances.
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist").square_()


def _soft(cost: Tensor, potential: Tensor, reg: float) -> Tensor:
    """Return the potential of the rows that meets their marginal, given that of the columns."""
    return -reg * (torch.logsumexp((potential - cost) / reg, 1) - math.log(cost.shape[1]))


def _improved(
    cost: Tensor, f: Tensor, g: Tensor, reg: float, symmetric: bool
) -> tuple[Tensor, Tensor, Tensor, float]:
    """Return potentials after more iterations, their coupling, and how far its marginals are off.

    The coupling is times N M; the error is relative, on average over the rows or columns.
    """
    f = (f + _soft(cost, f, reg)) / 2 if symmetric else _soft(cost, g, reg)
    kernel = torch.exp_((f[:, None] + (f if symmetric else g) - cost).div_(reg))
    n, m = kernel.shape
    u, v = torch.ones_like(f), torch.ones_like(g)
    for _ in range(ITERATIONS):
        if symmetric:
            u = v = (u * n / (kernel @ u)).sqrt_()
        else:
            v = n / (kernel.T @ u)
            u = m / (kernel @ v)
    coupling = kernel.mul_(u[:, None]).mul_(v)
    off = max(float((coupling.mean(d) - 1).abs().mean()) for d in (0, 1))
    return f + reg * u.log(), (f if symmetric else g) + reg * v.log(), coupling, off


def _newton(coupling: Tensor, reg: float) -> Tensor | None:
    """Return Newton's step for g where the rows meet their marginal, or None if it has none.

    Sinkhorn's iterations alone crawl where two sets are alike; Newton's end them quadratically.
    """
    n, m = coupling.shape
    columns = coupling.mean(0)
    hessian = columns.diag() - coupling.T @ coupling / (n * m)
    hessian += 1 / m  # a constant is free: it is pinned to 0
    root, failed = torch.linalg.cholesky_ex(hessian)
    if int(failed):
        return None
    return reg * torch.cholesky_solve((1 - columns)[:, None], root)[:, 0]


def transport(cost: Tensor, reg: float, symmetric: bool = False) -> float:
    """Return OT of uniform weights from ``cost [N, M]``.

    Args:
        symmetric: the cost is that of a set to itself: one potential, averaged (Feydy et al.$
            2019), which converges in a few iterations.

    Raises:
        RuntimeError: the marginals are not met after the last round.
    """
    n, m = cost.shape
    f, g = cost.new_zeros(n), cost.new_zeros(m)
    level = max(float(cost.max()), reg)
    while True:
        if symmetric:
            f = g = (f + _soft(cost, f, level)) / 2
        else:
            g = _soft(cost.T, f, level)
            f = _soft(cost, g, level)
        if level == reg:
            break
        level = max(level / 2, reg)
    error = math.inf
    for _ in range(ROUNDS):
        f, g, coupling, error = _improved(cost, f, g, reg, symmetric)
        if not TOLERANCE < error < math.inf:
            break
        step = None if symmetric else _newton(coupling, reg)
        if step is not None:
            tried = _improved(cost, f, g + step, reg, symmetric)
            if tried[3] < error:
                f, g, _, error = tried
    if error <= TOLERANCE:
        return float(f.mean() + g.mean())
    raise RuntimeError(
        f"Sinkhorn's iterations for {n} and {m} points did not converge: the marginals are off by "
        f"{error:.2g} of 1, {TOLERANCE} needed; reg = {reg:g} is too small for these costs"
    )


def default_reg(x: Tensor) -> float:
    """Return 0.05 of the median cost between different rows of ``x [N, D]``.

    Of the real side only, so that all generators are compared at one value.

    Raises:
        ValueError: the median is 0.
    """
    n = len(x)
    above = torch.triu_indices(n, n, 1, device=x.device)
    median = float(_cost(x, x)[above[0], above[1]].median()) if n > 1 else 0.0
    if median <= 0:
        raise ValueError(f"the median cost between the {n} real samples is 0: reg must be given")
    return SHARE_OF_MEDIAN * median


def sinkhorn_divergence(real: Any, fake: Any, reg: float | None = None) -> SinkhornDivergence:
    """Return ``(value, reg)`` for ``real [N, D]`` and ``fake [M, D]``.

    Memory is a few times 8 N M bytes.

    Args:
        reg: in squared units of the data; None for 0.05 of the median squared distance between
            different real samples.

    Raises:
        ValueError: a ``reg`` that is not positive, none given and none to be had (see
            ``default_reg``), no samples, different D, values that are not finite.
        RuntimeError: not converged.

    References:
        Feydy et al. 2019, arXiv:1810.08278.
    """
    x, y = _inputs.pair(real, fake, at_least=1)
    strength = _strength(x, reg)
    own = transport(_cost(x, x), strength, symmetric=True)
    return SinkhornDivergence(_debiased(x, y, strength, own), strength)


def _strength(x: Tensor, reg: float | None) -> float:
    if reg is None:
        return default_reg(x)
    if isinstance(reg, bool) or not (isinstance(reg, (int, float)) and 0 < reg < math.inf):
        raise ValueError(f"reg is {reg!r}: a positive number needed")
    return float(reg)


def _debiased(x: Tensor, y: Tensor, reg: float, own: float) -> float:
    other = transport(_cost(y, y), reg, symmetric=True)
    return transport(_cost(x, y), reg) - own / 2 - other / 2


def prepare(real: Any, reg: float | None = None) -> dict[str, Array]:
    """Return the real points ``[N, D]``, ``reg`` and the transport of the real side to itself."""
    x = _inputs.samples(real, "real", 1)
    strength = _strength(x, reg)
    own = transport(_cost(x, x), strength, symmetric=True)
    return {"real": x.cpu().numpy(), "reg": np.array(strength), "own": np.array(own)}


def compute(prepared: dict[str, Array], fake: Any, reg: float | None = None) -> dict[str, float]:
    """Return ``sinkhorn`` from a prepared real side, at the ``reg`` that it was prepared with."""
    x, y = _inputs.pair(prepared["real"], fake, at_least=1)
    strength, own = float(prepared["reg"]), float(prepared["own"])
    return {"sinkhorn": _debiased(x, y, strength, own)}


register(
    Metric(
        name="sinkhorn",
        quantities=(
            Quantity(
                "sinkhorn",
                "squared feature distance",
                higher_is_better=False,
                controls=("drop", "blur", "noise"),
                blind=("copy",),
                headline=False,
            ),
        ),
        needs=needs.FEATURES,
        group="transport",
        prepare=prepare,
        compute=compute,
        version=2,
        params={"reg": None},
        max_samples=1_000,
        paper=Paper(
            "Interpolating between Optimal Transport and MMD using Sinkhorn Divergences",
            "Feydy et al.",
            2019,
            arxiv="1810.08278",
        ),
    )
)
