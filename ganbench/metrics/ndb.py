"""Number of statistically different bins. Richardson & Weiss 2018, arXiv:1805.12462.

K-means cuts the real data into bins, every sample falls into the bin of its nearest centre, and a
bin differs when the two-proportion z-test with pooled variance rejects equal shares at 5 %:

    z = (p - q) / sqrt(P (1 - P) (1 / N + 1 / M)),   P = (N p + M q) / (N + M)

NDB is the share of bins that differ; JS is the Jensen-Shannon divergence of the two histograms.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import np, torch
from ganbench.core.registry import register
from ganbench.metrics import _inputs
from ganbench.metrics._frequencies import kl
from ganbench.metrics._nearest import nearest

if TYPE_CHECKING:
    from torch import Tensor

    from ganbench.core.kinds import Array

CRITICAL = 1.959963984540054  # the 97.5 % quantile of the normal distribution: two-sided 5 %
ITERATIONS = 100  # of k-means, as in the authors' code
BINS = 100
SEED = 0


def _counts(x: Tensor, centers: Tensor) -> Array:
    """Return how many rows of ``x`` are nearest to each of ``centers``, ``[bins]``."""
    return torch.bincount(nearest(x, centers)[1], minlength=len(centers)).cpu().numpy()


def ndb(real: Any, fake: Any, bins: int = BINS, seed: int = SEED) -> dict[str, float]:
    """Return ``{"ndb": ..., "js": ...}`` of ``real [N, D]`` and ``fake [M, D]``.

    ``ndb`` is a share of the bins, 0 to 1 (about 0.05 for a perfect generator); ``js`` is in nats,
    0 to log 2. K-means runs once, from the k-means++ start of ``seed``.

    Raises:
        ValueError: fewer different real points than bins, bins below 2, different D, values that
            are not finite.

    References:
        Richardson & Weiss 2018, arXiv:1805.12462.
    """
    return compute(prepare(real, bins, seed), fake, bins, seed)


def prepare(real: Any, bins: int = BINS, seed: int = SEED) -> dict[str, Array]:
    """Return the centres ``[bins, D]`` and how many real points each bin holds ``[bins]``."""
    from sklearn.cluster import KMeans

    x = _inputs.samples(real, "real")
    _inputs.count(bins, "bins", 2)
    distinct = bins if len(x) < bins else len(torch.unique(x, dim=0))
    if min(len(x), distinct) < bins:
        raise ValueError(
            f"real has {min(len(x), distinct)} different samples: at least bins = {bins} needed"
        )
    mean = x.mean(0)
    means = KMeans(bins, n_init=1, max_iter=ITERATIONS, random_state=seed, copy_x=False)
    means.fit((x - mean).cpu().numpy())
    centers = torch.from_numpy(means.cluster_centers_).to(x) + mean
    return {"centers": centers.cpu().numpy(), "counts": _counts(x, centers)}


def compute(
    prepared: dict[str, Array], fake: Any, bins: int = BINS, seed: int = SEED
) -> dict[str, float]:
    """Return both from a prepared real side."""
    y = _inputs.samples(fake, "fake")
    centers = torch.from_numpy(prepared["centers"]).to(y)
    _inputs.same_width(centers.shape[1], y.shape[1])
    real, generated = prepared["counts"], _counts(y, centers)
    n, m = real.sum(), generated.sum()
    p, q, pooled = real / n, generated / m, (real + generated) / (n + m)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    middle = (p + q) / 2
    return {
        "ndb": float((np.abs(p - q) > CRITICAL * error).mean()),
        "js": min((kl(p, middle) + kl(q, middle)) / 2, math.log(2)),
    }


register(
    Metric(
        name="ndb",
        quantities=(
            Quantity(
                "ndb",
                "share of bins",
                higher_is_better=False,
                controls=("drop", "noise"),
                blind=("copy",),
                headline=False,
            ),
            Quantity(
                "js",
                "nats",
                higher_is_better=False,
                controls=("drop", "blur", "noise"),
                blind=("copy",),
                headline=False,
            ),
        ),
        needs=needs.FEATURES,
        group="collapse",
        prepare=prepare,
        compute=compute,
        version=2,
        params={"bins": BINS, "seed": SEED},
        paper=Paper("On GANs and GMMs", "Richardson & Weiss", 2018, arxiv="1805.12462"),
    )
)
