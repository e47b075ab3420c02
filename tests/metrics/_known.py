"""What metrics read that is known exactly (``needs.known``): a small case of each."""

from dataclasses import dataclass

import numpy as np

from ganbench.core import triangle

N = 120


@dataclass(frozen=True)
class Known:
    """``arrays`` as in ``Data.known``, held-out samples, and generated ones: good and poor."""

    arrays: dict
    real: np.ndarray
    good: np.ndarray
    poor: np.ndarray


def letters(n, seed, matrix):
    """Return ``n`` one-hot sequences of the matrix."""
    ends = np.cumsum(matrix, 1)[:, :-1]
    drawn = np.random.default_rng(seed).random((n, len(matrix), 1))
    return np.eye(matrix.shape[1])[(drawn >= ends).sum(-1)].reshape(n, -1)


def sequence():
    matrix = np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]])
    good = letters(N, 2, matrix)
    return Known({"matrix": matrix}, letters(N, 1, matrix), good, good[:, [1, 0, 2, 5, 4, 3]])


LIMITS = (2.0, 26.0, 8.0)


def corners(n, seed):
    """Return ``n`` triangles within the limits, in pixels."""
    drawn = np.random.default_rng(seed).uniform(2, 26, (20 * n, 3, 2))
    return drawn[triangle.least_height(drawn) >= LIMITS[2]][:n]


def pictures(vertices):
    """Return uint8 pictures ``[N, 1, 28, 28]`` of triangles."""
    return np.rint(255 * triangle.render(vertices, 28)).astype(np.uint8)[:, None]


def triangles():
    arrays = {"vertices": corners(N, 1), "limits": np.array(LIMITS)}
    good = pictures(corners(N, 2))
    poor = good.copy()
    poor[: N // 2, :, 8:20, 8:20] = 128
    return Known(arrays, pictures(corners(N, 3)), good, poor)


def rows(n, seed):
    """Return coded rows: a number, one of three kinds, and a number that follows from both."""
    rng = np.random.default_rng(seed)
    x, kind = rng.standard_normal(n), rng.integers(3, size=n)
    y = 0.7 * x + (kind - 1) + 0.1 * rng.standard_normal(n)
    return np.column_stack([x, np.eye(3)[kind], y])


def table():
    arrays = {"widths": np.array([1, 3, 1]), "target": np.array(2)}
    good = rows(N, 2)
    poor = np.column_stack([good[::-1, 0] + 1, np.roll(good[:, 1:4] * [1, 1, 0], 3, 0), good[:, 4]])
    return Known(arrays, rows(N, 1), good, poor)


KNOWN = {"sequence": sequence(), "triangles": triangles(), "table": table()}
