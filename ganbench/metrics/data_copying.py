"""The data-copying test C_T. Meehan, Chaudhuri & Dasgupta 2020, arXiv:2004.05675.

Are generated samples closer to the training points than held-out samples are? Space is cut into
cells by k-means on the training set. In a cell with n test and m fake samples, let each sample have
its distance to the nearest training point of that cell, and let U count the pairs in which the
fake's distance is the larger, ties as one half. By the Mann-Whitney test, if both sides have the
same distances then

    Z = (U - n m / 2) / sqrt(n m (n + m + 1) / 12)

is about standard normal. C_T is the mean of Z over the cells with more than ``least`` fakes (20 of
them, the authors' tau on MNIST), weighted by the share of the test set in each cell:

    C_T << 0  the fakes hug the training set: copying
    C_T >> 0  the fakes are farther from it than real samples: underfitting

and |C_T| < 3, say, is neither. Its size grows with the square root of the number of samples, so
only equal numbers compare. That the nearest training point is sought in the own cell alone is from
the authors' code, which also takes one half off n m / 2 as a continuity correction; not so here,
where two equal sides give 0.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import np, torch
from ganbench.core.registry import register
from ganbench.metrics import _inputs
from ganbench.metrics._nearest import nearest

if TYPE_CHECKING:
    from torch import Tensor

    from ganbench.core.kinds import Array

CELLS = 10
LEAST = 20
SEED = 0


def data_copying(
    train: Any, test: Any, fake: Any, cells: int = CELLS, least: int = LEAST, seed: int = SEED
) -> dict[str, float]:
    """Return ``{"memorisation": C_T}``, below 0 where ``fake`` copies ``train``.

    Args:
        train: ``[L, D]``, what the generator was trained on.
        test: ``[N, D]``, held out, of the same distribution.
        fake: ``[M, D]``.
        cells: of k-means on ``train``; the authors take 50 for 10,000 samples of MNIST.
        least: cells with this many fakes or fewer are left out.
        seed: of k-means.

    Raises:
        ValueError: different D, values that are not finite, more cells than distinct training
            points, or no cell with enough fakes and a test sample.

    References:
        Meehan et al. 2020, arXiv:2004.05675.
    """
    return compute(prepare((train, test), cells, least, seed), fake, cells, least, seed)


def _same(x: Tensor, other: int, name: str) -> Tensor:
    _inputs.same_width(other, x.shape[1], "train", name)
    return x


def _centers(train: Tensor, cells: int, seed: int) -> Tensor:
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct points: seen below
        clusters = KMeans(cells, n_init=1, random_state=seed).fit(train.cpu().numpy())
    return torch.from_numpy(clusters.cluster_centers_).to(train)


def _distances(x: Tensor, cell: Tensor, train: Tensor, starts: Array) -> Tensor:
    """Return squared distances ``[N]`` to the nearest training point of each sample's cell."""
    squared = torch.empty(len(x), dtype=x.dtype, device=x.device)
    for i in cell.unique().tolist():
        squared[cell == i] = nearest(x[cell == i], train[starts[i] : starts[i + 1]])[0]
    return squared


def prepare(
    real: tuple[Any, Any], cells: int = CELLS, least: int = LEAST, seed: int = SEED
) -> dict[str, Array]:
    """Return the cells, the training points in their order, and the test set's distances.

    Args:
        real: ``(train, test)``.
    """
    train = _inputs.samples(real[0], "train")
    test = _same(_inputs.samples(real[1], "test", 1).to(train), train.shape[1], "test")
    cells = _inputs.count(cells, "cells", 1, len(train))
    centers = _centers(train, cells, seed)
    own = nearest(train, centers)[1]
    sizes = torch.bincount(own, minlength=cells)
    if not sizes.all():
        empty = int((sizes == 0).sum())
        raise ValueError(f"cells is {cells}: {empty} of them would hold no training point")
    starts = np.concatenate([[0], sizes.cumsum(0).cpu().numpy()])
    train = train[own.argsort(stable=True)]
    cell = nearest(test, centers)[1]
    arrays = {
        "train": train,
        "centers": centers,
        "test_cells": cell,
        "test_squared": _distances(test, cell, train, starts),
    }
    return {key: value.cpu().numpy() for key, value in arrays.items()} | {"starts": starts}


def mann_whitney(test: Array, fake: Array) -> float:
    """Return Z of ``fake [M]`` against ``test [N]``; above 0 where the fake values are larger."""
    from scipy.stats import rankdata

    n, m = len(test), len(fake)
    ranks = rankdata(np.concatenate([fake, test]))[:m].sum()
    u = ranks - m * (m + 1) / 2
    return float((u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12))


def compute(
    prepared: dict[str, Array], fake: Any, cells: int = CELLS, least: int = LEAST, seed: int = SEED
) -> dict[str, float]:
    """Return C_T from a prepared real side."""
    y = _inputs.samples(fake, "fake", 1)
    least = _inputs.count(least, "least", 0)
    train, centers = (torch.from_numpy(prepared[key]).to(y) for key in ("train", "centers"))
    _same(y, train.shape[1], "fake")
    y_cells = nearest(y, centers)[1]
    y_squared = _distances(y, y_cells, train, prepared["starts"]).cpu().numpy()
    y_cell, x_cell = y_cells.cpu().numpy(), prepared["test_cells"]
    total = weight = 0.0
    for i in range(len(centers)):
        mine, theirs = y_cell == i, x_cell == i
        if mine.sum() > least and theirs.any():
            z = mann_whitney(prepared["test_squared"][theirs], y_squared[mine])
            total, weight = total + z * theirs.mean(), weight + theirs.mean()
    if weight == 0:
        raise ValueError(
            f"fake has {len(y)} samples: none of {len(centers)} cells holds more than {least} of "
            "them and a test sample"
        )
    return {"memorisation": float(total / weight)}


register(
    Metric(
        name="memorisation",
        quantities=(
            Quantity(
                "memorisation",
                "Z",
                higher_is_better=True,
                closest_to_floor=True,
                least=-math.inf,
                controls=("copy",),
                headline=False,
            ),
        ),
        needs=needs.TRAIN_AND_TEST,
        group="memorisation",
        prepare=prepare,
        compute=compute,
        version=2,
        params={"cells": CELLS, "least": LEAST, "seed": SEED},
        final_only=True,
        floor_draws=2,
        paper=Paper(
            "A Non-Parametric Test to Detect Data-Copying in Generative Models",
            "Meehan et al.",
            2020,
            arxiv="2004.05675",
        ),
    )
)
