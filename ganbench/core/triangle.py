"""Filled triangles as pictures, by a rule that has slopes: what a data set and a metric share.

A pixel's grey is ``min(s_1, s_2, s_3) + 1/2``, cut to 0..1, with s_i the distance of its middle
from the line of edge i in pixels, positive inside. So an edge is a ramp one pixel wide, which at a
sharp corner reaches beyond the vertex. The picture of every triangle is exact: nothing is sampled.
Coordinates are (x, y) in pixels from the
upper left corner; the middle of the first pixel is at (0.5, 0.5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core.lazy import np

if TYPE_CHECKING:
    import numpy.typing

    Array = numpy.typing.NDArray[numpy.float64]

PIECE = 2_000  # triangles that are drawn together


def turned(vertices: Array) -> Array:
    """Return triangles ``[N, 3, 2]`` with their vertices in one sense of rotation."""
    return np.where(doubled_area(vertices)[:, None, None] < 0, vertices[:, ::-1], vertices)


def doubled_area(vertices: Array) -> Array:
    """Return twice the signed area ``[N]`` of triangles ``[N, 3, 2]``."""
    (ax, ay), (bx, by) = ((vertices[:, i] - vertices[:, 0]).T for i in (1, 2))
    return np.asarray(ax * by - ay * bx)


def perimeter(vertices: Array) -> Array:
    """Return the sum of the sides ``[N]`` of triangles ``[N, 3, 2]``, in pixels."""
    around: Array = np.linalg.norm(np.roll(vertices, -1, 1) - vertices, axis=2).sum(1)
    return around


def least_height(vertices: Array) -> Array:
    """Return the smallest of the three heights ``[N]`` of triangles ``[N, 3, 2]``, in pixels."""
    edges = np.linalg.norm(np.roll(vertices, -1, 1) - vertices, axis=2)
    return np.asarray(abs(doubled_area(vertices)) / np.maximum(edges.max(1), 1e-12))


def middles(size: int) -> Array:
    """Return the middles of the pixels as columns (x, y, 1): ``[3, size * size]``, row by row."""
    y, x = np.divmod(np.arange(size * size), size)
    return np.stack([x + 0.5, y + 0.5, np.ones(size * size)])


def normals(vertices: Array) -> tuple[Array, Array]:
    """Return lines of the edges ``[N, 3, 3]``, and where along an edge a point is ``[N, 3, 3]``.

    A row (a, b, c) of the first is the distance a x + b y + c from an edge, positive inside; of the
    second the place, 0 at the edge's first vertex and 1 at its last. The vertices are ``turned``.
    """
    along = np.roll(vertices, -1, 1) - vertices
    length = np.maximum(np.linalg.norm(along, axis=2, keepdims=True), 1e-9)
    across = np.stack([-along[..., 1], along[..., 0]], 2) / length
    along = along / length**2

    def rows(direction: Array) -> Array:
        offset = -(direction * vertices).sum(2, keepdims=True)
        return np.concatenate([direction, offset], 2)

    return rows(across), rows(along)


def render(vertices: Array, size: int) -> Array:
    """Return pictures ``[N, size, size]``, 0..1, of triangles ``[N, 3, 2]`` in pixels."""
    points, drawn = middles(size), []
    for start in range(0, len(vertices), PIECE):
        lines, _ = normals(turned(vertices[start : start + PIECE]))
        nearest = (lines @ points).min(1)
        drawn.append(np.clip(nearest + 0.5, 0, 1))
    return np.concatenate(drawn).reshape(-1, size, size)
