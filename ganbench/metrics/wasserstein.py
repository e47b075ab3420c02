"""Exact Wasserstein distances between two sets of points, by optimal transport.

Kantorovich 1942; Peyré & Cuturi 2019 (arXiv:1803.00567), section 2.4. The linear programme is
solved exactly by POT's network simplex (Bonneel et al. 2011), with uniform weights:

    W_p = (min over couplings of E |x - y|^p)^(1/p),   Euclidean |.|
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import np, torch
from ganbench.core.registry import register
from ganbench.metrics import _inputs

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

ITERATIONS = 10_000_000
FAR = 1e4  # of the unit cost: with costs up to this no digit that counts is lost
GAP = 1e-7  # of the optimal cost: what rounding may leave between it and its lower bound


def wasserstein(real: Any, fake: Any, p: int = 2) -> float:
    """Return W_p between ``real [N, D]`` and ``fake [M, D]``, in the units of the data.

    Cost grows like N^3 at worst and memory is 32 N M bytes: meant for up to about 5,000 samples.

    Args:
        p: 1, or 2 for the root of the optimal squared cost.

    Raises:
        ValueError: another p, no samples, different D, values that are not finite.
        RuntimeError: the solver stopped before the optimum, or far points took its digits.
    """
    if p not in (1, 2):
        raise ValueError(f"p is {p!r}: 1 or 2 needed")
    x, y = _inputs.pair(real, fake, at_least=1)
    return _solve(_distances(x, y), p)


def _distances(x: torch.Tensor, y: torch.Tensor) -> Array:
    # The differences themselves: a product form would lose half the digits of small distances.
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist").cpu().numpy()


def _solve(distances: Array, p: int) -> float:
    """Return W_p of the distances ``[N, M]``, with digits that no far point can take away.

    Costs are in units of the largest distance of a point to its nearest one on the other side, and
    those beyond ``FAR`` are lowered to it. A plan that is optimal for the lowered costs and takes
    no arc that was lowered is optimal for the true ones, which are nowhere lower. If it takes one,
    the limit is raised.
    """
    unit = max(distances.min(1).max(), distances.min(0).max())
    if unit == 0:  # the same points on both sides, maybe more often on one of them
        unit = distances[distances > 0].min(initial=np.inf)
    if unit == np.inf:
        return 0.0
    scaled = distances / unit
    farthest = scaled.max()
    limit = FAR ** (1 / p)
    while True:
        plan, gap = _plan(np.minimum(scaled, limit) ** p)
        if limit >= farthest or not plan[scaled > limit].any():
            break
        limit *= 1_000 ** (1 / p)
    n, m = distances.shape
    value = float((plan * scaled**p).sum()) / (n * m)
    # If not 0, the cost is at least that of one of the n m units of mass on a way of length 1.
    off = gap / max(value, 1 / (n * m))
    if off > GAP:
        raise RuntimeError(
            f"exact transport of {n} to {m} points is off its optimum by up to {off:.1g} "
            "of its cost: points lie too many times farther than others"
        )
    return float(value ** (1 / p) * unit)


def _plan(cost: Array) -> tuple[Array, float]:
    """Return the optimal plan ``[N, M]`` of N M units of mass, and by how much it may be off.

    That is the duality gap: the plan's mean cost less a lower bound of every plan's, the potentials
    moved down by the most that they exceed a cost.
    """
    import ot

    n, m = cost.shape
    # whole numbers as masses: no rounding leaves a trace of mass on a long way
    plan, log = ot.emd(
        np.full(n, float(m)), np.full(m, float(n)), cost, numItermax=ITERATIONS, log=True
    )
    if log["warning"] is not None:
        raise RuntimeError(f"exact transport of {n} to {m} points did not finish: {log['warning']}")
    exceed = max(0.0, float((log["u"][:, None] + log["v"] - cost).max()))
    bound = float(log["u"].mean() + log["v"].mean()) - exceed
    return plan, float((plan * cost).sum()) / (n * m) - bound


def prepare(real: Any) -> dict[str, Array]:
    """Return the real points ``[N, D]``."""
    return {"real": _inputs.samples(real, "real", 1).cpu().numpy()}


def compute(prepared: dict[str, Array], fake: Any) -> dict[str, Callable[[], float]]:
    """Return functions of ``w1`` and ``w2``, from one matrix of distances."""
    x, y = _inputs.pair(prepared["real"], fake, at_least=1)
    distances = _distances(x, y)
    return {f"w{p}": partial(_solve, distances, p) for p in (1, 2)}


register(
    Metric(
        name="wasserstein",
        quantities=(
            Quantity(
                "w1",
                "feature distance",
                higher_is_better=False,
                controls=("drop", "blur", "noise"),
                blind=("copy",),
                label="Wasserstein-1",
                headline=False,
            ),
            Quantity(
                "w2",
                "feature distance",
                higher_is_better=False,
                controls=("drop", "blur", "noise"),
                blind=("copy",),
                label="Wasserstein-2",
            ),
        ),
        needs=needs.FEATURES,
        group="transport",
        prepare=prepare,
        compute=compute,
        version=2,
        max_samples=1_000,
        max_fake=5_000,
        final_only=True,
        paper=Paper("Computational Optimal Transport", "Peyré & Cuturi", 2019, arxiv="1803.00567"),
    )
)
