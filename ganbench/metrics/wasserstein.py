"""Exact Wasserstein distances between two sets of points, by optimal transport.

Kantorovich 1942; Peyré & Cuturi 2019 (arXiv:1803.00567), section 2.4. The linear programme is
solved exactly by POT's network simplex (Bonneel et al. 2011), with uniform weights:

    W_p = (min over couplings of E |x - y|^p)^(1/p),   Euclidean |.|
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import np, torch
from ganbench.core.registry import register
from ganbench.metrics import _inputs

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

ITERATIONS = 10_000_000


def wasserstein(real: Any, fake: Any, p: int = 2) -> float:
    """Return W_p between ``real [N, D]`` and ``fake [M, D]``, in the units of the data.

    Cost grows like N^3 at worst and memory is 8 N M bytes: meant for up to about 5,000 samples.

    Args:
        p: 1, or 2 for the root of the optimal squared cost.

    Raises:
        ValueError: another p, no samples, different D, values that are not finite.
        RuntimeError: the solver stopped before the optimum.
    """
    if p not in (1, 2):
        raise ValueError(f"p is {p!r}: 1 or 2 needed")
    x, y = _inputs.pair(real, fake, at_least=1)
    return _solve(_distances(x, y), p)


def _distances(x: torch.Tensor, y: torch.Tensor) -> Array:
    # The differences themselves: a product form would lose half the digits of small distances.
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist").cpu().numpy()


def _solve(distances: Array, p: int) -> float:
    import ot

    n, m = distances.shape
    cost = distances**p
    value, log = ot.emd2(
        np.full(n, 1 / n), np.full(m, 1 / m), cost, numItermax=ITERATIONS, log=True
    )
    if log["warning"] is not None:
        raise RuntimeError(f"exact transport of {n} to {m} points did not finish: {log['warning']}")
    return float(max(value, 0.0) ** (1 / p))


def prepare(real: Any) -> dict[str, Array]:
    """Return the real points ``[N, D]``."""
    return {"real": _inputs.samples(real, "real", 1).cpu().numpy()}


def compute(prepared: dict[str, Array], fake: Any) -> dict[str, float]:
    """Return ``w1`` and ``w2`` from one matrix of distances."""
    x, y = _inputs.pair(prepared["real"], fake, at_least=1)
    distances = _distances(x, y)
    return {"w1": _solve(distances, 1), "w2": _solve(distances, 2)}


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
        paper=Paper("Computational Optimal Transport", "Peyré & Cuturi", 2019, arxiv="1803.00567"),
    )
)
