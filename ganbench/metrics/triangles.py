"""Precision and recall of pictures of triangles, by the distance from the manifold of the data.

In the manner of Lucic et al. 2018 (arXiv:1711.10337), section 5: where the manifold is known, a
sample is good if it is near it. For each sample x in 0..1 the nearest picture of a triangle is
searched for, by its six coordinates v:

    distance = min over v of |x - render(v)|        (Euclidean, over all pixels)
    edge     = distance / sqrt(perimeter of v)      by how many pixels all edges seem to be off

with the Levenberg-Marquardt steps of ``fit`` from triangles that have the sample's moments: an even
triangle is the image of an equilateral one by the root of its covariance and a turn, which follows
from its third moments. A local search can only overstate a distance.

    precision = share of samples with an edge of at most ``near`` pixels, whose triangle is of the
                data's kind: vertices within the data's square and its smallest height at least the
                data's, give or take a pixel
    recall    = share of triangles drawn anew of which some good sample's triangle is within
                ``reach`` pixels: the root mean square over the vertices, in their best order
    f1        = their harmonic mean, by which the paper ranks

``near`` is 0.4: edges that are moved by d pixels have an edge of about d, and discs, whatever their
radius, of 0.5 and more. The paper inverts a generator for its recall; ours needs samples only, and
depends on how many there are, as its floor shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ganbench.core import triangle
from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import np
from ganbench.core.registry import register
from ganbench.metrics import _inputs

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

NEAR, REACH = 0.4, 2.5  # pixels
SLACK = 1.0  # pixels by which a fitted triangle may be outside of the data's limits
STEPS = 25
FLOORS = (0.1, 0.5)  # grey below which a pixel is no part of the first guess: two guesses
ORDERS = ((0, 1, 2), (1, 2, 0), (2, 0, 1), (0, 2, 1), (2, 1, 0), (1, 0, 2))


def guess(pictures: Array, size: int, floor: float) -> Array:
    """Return triangles ``[N, 3, 2]`` with the moments of ``pictures [N, size * size]``."""
    weight = np.where(pictures > floor, pictures, 0) + 1e-9
    weight = weight / weight.sum(1, keepdims=True)
    x, y, _ = triangle.middles(size)
    middle = np.stack([weight @ x, weight @ y], 1)
    dx, dy = x - middle[:, :1], y - middle[:, 1:]
    moments = [(weight * a * b).sum(1) for a, b in ((dx, dx), (dx, dy), (dy, dy))]
    covariance = np.stack([moments[0], moments[1], moments[1], moments[2]], 1).reshape(-1, 2, 2)
    values, axes = np.linalg.eigh(covariance + 0.01 * np.eye(2))
    white = axes / np.sqrt(values)[:, None]  # columns: directions of unit variance
    u, v = (white[:, 0, k, None] * dx + white[:, 1, k, None] * dy for k in (0, 1))
    third = (weight * (u + 1j * v) ** 3).sum(1)
    turns = np.angle(third)[:, None] / 3 + np.arange(3) * 2 * np.pi / 3
    corners = np.sqrt(8) * np.stack([np.cos(turns), np.sin(turns)], 2)
    back = axes * np.sqrt(values)[:, None]
    found: Array = middle[:, None] + corners @ back.transpose(0, 2, 1)
    return triangle.turned(found)


def fit(pictures: Array, size: int, vertices: Array, steps: int = STEPS) -> tuple[Array, Array]:
    """Return triangles ``[N, 3, 2]`` near those given that resemble the pictures most.

    Args:
        pictures: ``[N, size * size]``, 0..1.
        vertices: the first ones, ``turned``.

    Returns:
        The triangles, and the distance ``[N]`` of each picture from its own.
    """
    best, damping = vertices.copy(), np.full(len(vertices), 0.3)
    error, hessian, slope = _slopes(pictures, size, best)
    for _ in range(steps):
        ridge = damping[:, None, None] * (
            np.eye(6) * (hessian.trace(0, 1, 2)[:, None, None] / 6 + 1)
        )
        step = np.linalg.solve(hessian + ridge, slope[..., None])[..., 0]
        tried = best + np.clip(step, -3, 3).reshape(-1, 3, 2)
        found = _slopes(pictures, size, tried)
        better = found[0] < error
        best = np.where(better[:, None, None], tried, best)
        error = np.where(better, found[0], error)
        hessian = np.where(better[:, None, None], found[1], hessian)
        slope = np.where(better[:, None], found[2], slope)
        damping = np.clip(np.where(better, damping / 3, damping * 4), 1e-4, 1e4)
    return best, np.sqrt(error)


def _slopes(pictures: Array, size: int, vertices: Array) -> tuple[Array, Array, Array]:
    """Return the squared error ``[N]``, its Gauss-Newton matrix ``[N, 6, 6]`` and -gradient / 2."""
    points = triangle.middles(size).astype(np.float32)
    lines, places = triangle.normals(vertices)
    distances = lines.astype(np.float32) @ points
    nearest = distances.min(1)
    rest = pictures - np.clip(nearest + 0.5, 0, 1)
    ramp = abs(nearest) < 0.5
    hessian, slope = np.zeros((len(vertices), 3, 2, 3, 2)), np.zeros((len(vertices), 3, 2))
    for i in range(3):
        j = (i + 1) % 3
        here = (ramp & (distances[:, i] == nearest)).astype(np.float32)
        u = places[:, i].astype(np.float32) @ points
        normal = lines[:, i, :2].astype(float)
        both = normal[:, :, None] * normal[:, None]
        near, far = here * (1 - u), here * u
        for a, left in ((i, near), (j, far)):
            slope[:, a] -= (left * rest).sum(1)[:, None] * normal
            for b, right in ((i, 1 - u), (j, u)):
                hessian[:, a, :, b] += (left * right).sum(1)[:, None, None] * both
    squared = (rest.astype(float) ** 2).sum(1)
    return squared, hessian.reshape(-1, 6, 6), slope.reshape(-1, 6)


def nearest_triangles(pictures: Any, size: int) -> tuple[Array, Array]:
    """Return the nearest triangle ``[N, 3, 2]`` of each picture, and the distance ``[N]`` from it.

    Args:
        pictures: ``[N, size * size]``, 0..1.
    """
    flat = np.ascontiguousarray(pictures, np.float32)
    tries = [fit(flat, size, guess(flat, size, floor), 6) for floor in FLOORS]
    first = np.argmin([error for _, error in tries], 0)
    best = np.where(first[:, None, None] == 0, tries[0][0], tries[1][0])
    return fit(flat, size, best)


def triangle_precision_recall(
    pictures: Any,
    vertices: Any,
    limits: tuple[float, float, float],
    near: float = NEAR,
    reach: float = REACH,
) -> dict[str, float]:
    """Return ``{"triangle_precision": ..., "triangle_recall": ..., "triangle_f1": ...}``.

    Args:
        pictures: ``[N, 1, S, S]`` or ``[N, S, S]``, uint8, or floating-point in 0..1.
        vertices: triangles of the data ``[M, 3, 2]`` in pixels, that should be met.
        limits: least and greatest coordinate of a vertex and least height of the data's triangles.
        near: the greatest edge of a good sample, in pixels.
        reach: the greatest distance of a triangle from one that meets it, in pixels.

    Raises:
        ValueError: no square pictures, or values that are not finite.
    """
    given = np.asarray(pictures)
    if given.ndim == 4 and given.shape[1] == 1:
        given = given[:, 0]
    if given.ndim != 3 or given.shape[1] != given.shape[2]:
        raise ValueError(f"pictures have shape {given.shape}: [N, 1, S, S] needed")
    size = given.shape[1]
    flat = _inputs.samples(given.reshape(len(given), size * size), "pictures", 1).cpu().numpy()
    found, distance = nearest_triangles(flat / 255 if given.dtype == np.uint8 else flat, size)
    low, high, height = limits
    inside = (found >= low - SLACK).all((1, 2)) & (found <= high + SLACK).all((1, 2))
    edge = distance / np.sqrt(triangle.perimeter(found))
    good = (edge <= near) & inside & (triangle.least_height(found) >= height - SLACK)
    precision, recall = float(good.mean()), _recall(found[good], np.asarray(vertices), reach)
    f1 = 2 * precision * recall / (precision + recall) if good.any() else 0.0
    return {"triangle_precision": precision, "triangle_recall": recall, "triangle_f1": f1}


def _recall(found: Array, wanted: Array, reach: float) -> float:
    from scipy.spatial import cKDTree

    if not len(found):
        return 0.0
    tree = cKDTree(found.reshape(-1, 6))
    orders = (tree.query(wanted[:, order].reshape(-1, 6))[0] for order in ORDERS)
    return float((np.min(list(orders), 0) <= reach * np.sqrt(3)).mean())


def prepare(
    real: tuple[Mapping[str, Array], Array], near: float = NEAR, reach: float = REACH
) -> dict[str, Array]:
    """Return what is known of the triangles: no real sample is read."""
    return {"vertices": real[0]["vertices"], "limits": real[0]["limits"]}


def compute(
    prepared: dict[str, Array], fake: Any, near: float = NEAR, reach: float = REACH
) -> dict[str, float]:
    """Return precision, recall and their harmonic mean of generated pictures."""
    low, high, height = prepared["limits"].tolist()
    return triangle_precision_recall(fake, prepared["vertices"], (low, high, height), near, reach)


register(
    Metric(
        name="triangles",
        quantities=(
            Quantity(
                "triangle_precision",
                "share",
                higher_is_better=True,
                label="share of samples near a triangle",
                role="fidelity",
            ),
            Quantity(
                "triangle_recall",
                "share",
                higher_is_better=True,
                label="share of triangles that are met",
            ),
            Quantity(
                "triangle_f1",
                "share",
                higher_is_better=True,
                label="F1 of triangles",
            ),
        ),
        needs=needs.known("triangles"),
        group="known",
        prepare=prepare,
        compute=compute,
        params={"near": NEAR, "reach": REACH},
        max_fake=1_000,
        floor_draws=3,
        paper=Paper(
            "Are GANs Created Equal? A Large-Scale Study",
            "Lucic et al.",
            2018,
            arxiv="1711.10337",
        ),
    )
)
