"""How far generated rows of a table are from real ones: columns, correlations, a prediction.

A row is coded as numbers in standard deviations and one-hot categories (``Data.known["table"]``);
of generated categories the largest number counts. Our own choice of three usual measures:

    column_distance       the mean over columns of the Wasserstein-1 distance of its numbers, in
                          standard deviations, or of the total variation of its categories (0-1)
    column_worst          the largest of them
    correlation_distance  the root mean square, over pairs of coded numbers, of the difference of
                          their correlations; what is constant has none (0)
    tstr                  train on synthetic, test on real (Esteban et al. 2017, arXiv:1706.02633,
                          section 4.2): a random forest learns the stated column from generated
                          rows; its accuracy on held-out rows, or R2, where a negative one is 0

The floor of ``tstr`` is the score of a forest that was trained on as many real rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import np
from ganbench.core.registry import register
from ganbench.metrics import _inputs

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

TREES, LEAF = 50, 5  # of the forest: how many, and the fewest rows in a leaf


def blocks(widths: Array) -> list[slice]:
    """Return where the coded numbers of each column are."""
    ends = np.cumsum(widths)
    return [slice(int(end - width), int(end)) for width, end in zip(widths, ends, strict=True)]


def decided(rows: Any, widths: Array, name: str) -> Array:
    """Return coded rows ``[N, D]`` with one-hot categories: the largest number counts."""
    known = _inputs.samples(rows, name, 2).cpu().numpy().copy()
    _inputs.same_width(int(np.sum(widths)), known.shape[1], "table", name)
    for block in blocks(widths):
        if block.stop - block.start > 1:
            known[:, block] = np.eye(block.stop - block.start)[known[:, block].argmax(1)]
    return known


def column_distances(real: Any, fake: Any, widths: Any) -> Array:
    """Return the distance ``[C]`` of each column of coded rows ``[N, D]`` and ``[M, D]``.

    Args:
        widths: the coded numbers of each column: 1 of a number, 2 or more of categories.

    Raises:
        ValueError: rows of another width; fewer than two; values that are not finite.
    """
    from scipy.stats import wasserstein_distance

    x, y = decided(real, widths, "real"), decided(fake, widths, "fake")
    found = []
    for block in blocks(widths):
        a, b = x[:, block], y[:, block]
        if a.shape[1] > 1:
            found.append(abs(a.mean(0) - b.mean(0)).sum() / 2)
        else:
            found.append(wasserstein_distance(a[:, 0], b[:, 0]))
    return np.array(found)


def correlations(rows: Array) -> Array:
    """Return the correlations ``[D, D]`` of ``rows [N, D]``, 0 where a column is constant."""
    spread = rows.std(0)
    whitened = (rows - rows.mean(0)) / np.where(spread > 1e-12, spread, np.inf)
    found: Array = whitened.T @ whitened / len(rows)
    return found


def train_on_synthetic(real: Array, fake: Array, widths: Array, target: int) -> float:
    """Return how well a forest that learned from ``fake`` rows predicts a column of ``real`` ones.

    Both are coded and decided, ``[N, D]``; the score is accuracy, or R2 and at least 0.
    """
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.metrics import accuracy_score, r2_score

    block = blocks(widths)[target]
    others = np.ones(real.shape[1], bool)
    others[block] = False
    given = {"n_estimators": TREES, "min_samples_leaf": LEAF, "random_state": 0}
    if block.stop - block.start > 1:
        forest = RandomForestClassifier(**given).fit(fake[:, others], fake[:, block].argmax(1))
        return float(accuracy_score(real[:, block].argmax(1), forest.predict(real[:, others])))
    forest = RandomForestRegressor(**given).fit(fake[:, others], fake[:, block.start])
    return max(0.0, float(r2_score(real[:, block.start], forest.predict(real[:, others]))))


def prepare(real: tuple[Mapping[str, Array], Array]) -> dict[str, Array]:
    """Return the held-out rows ``[N, D]``, the widths of columns and the one to be predicted."""
    table, rows = real
    return {"rows": rows, "widths": table["widths"], "target": table["target"]}


def compute(prepared: dict[str, Array], fake: Any) -> dict[str, float | Callable[[], float]]:
    """Return the distances of generated rows; the forest's score as a function."""
    widths = prepared["widths"]
    x, y = decided(prepared["rows"], widths, "real"), decided(fake, widths, "fake")
    columns = column_distances(x, y, widths)
    pairs = np.triu_indices(x.shape[1], 1)
    differences = (correlations(x) - correlations(y))[pairs]
    return {
        "column_distance": float(columns.mean()),
        "column_worst": float(columns.max()),
        "correlation_distance": float(np.sqrt((differences**2).mean())),
        "tstr": lambda: train_on_synthetic(x, y, widths, int(prepared["target"])),
    }


register(
    Metric(
        name="table",
        quantities=(
            Quantity(
                "column_distance",
                "sd or share",
                higher_is_better=False,
                label="mean distance of columns",
            ),
            Quantity(
                "column_worst",
                "sd or share",
                higher_is_better=False,
                label="distance of the worst column",
                headline=False,
            ),
            Quantity(
                "correlation_distance",
                "correlation",
                higher_is_better=False,
                label="difference of correlations",
            ),
            Quantity(
                "tstr",
                "accuracy or R2",
                higher_is_better=True,
                label="trained on generated, tested on real rows",
            ),
        ),
        needs=needs.known("table"),
        group="known",
        prepare=prepare,
        compute=compute,
        floor_draws=3,
        paper=Paper(
            "Real-valued (Medical) Time Series Generation with Recurrent Conditional GANs",
            "Esteban et al.",
            2017,
            arxiv="1706.02633",
        ),
    )
)
