"""Triangles: 28x28 grey pictures of one white triangle on black, a manifold that is known exactly.

In the manner of Lucic et al. 2018, "Are GANs Created Equal?" (arXiv:1711.10337), section 5, who
make grey 28x28 pictures of convex polygons, triangles among them, so that the distance of a sample
from the data's manifold can be calculated. The authors' sampler is not published in the paper;
ours draws three vertices evenly from the square 2..26 and keeps triangles whose smallest height
is at least 8 pixels. The grey of a pixel follows a rule (``ganbench/core/triangle.py``): an edge
is a ramp of one pixel. The manifold has six dimensions, the vertices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core import triangle
from ganbench.core.kinds import Budget, Data, Dataset
from ganbench.core.lazy import np
from ganbench.core.registry import register
from ganbench.core.seeds import derive

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

SIZE, LOW, HIGH, HEIGHT = 28, 2.0, 26.0, 8.0  # pixels
N_TRAIN, N_TEST, N_KNOWN = 20_000, 5_000, 2_000


def vertices(n: int, seed: int) -> Array:
    """Return ``n`` random triangles ``[n, 3, 2]`` of the data, in pixels."""
    rng = np.random.default_rng(seed)
    kept = np.empty((0, 3, 2))
    while len(kept) < n:
        drawn = rng.uniform(LOW, HIGH, (4 * n, 3, 2))
        kept = np.concatenate([kept, drawn[triangle.least_height(drawn) >= HEIGHT]])
    return kept[:n]


def sample(n: int, seed: int) -> Array:
    """Return ``n`` exact samples ``[n, 1, 28, 28]`` uint8."""
    pictures = triangle.render(vertices(n, seed), SIZE)[:, None]
    return np.rint(255 * pictures).astype(np.uint8)


def load(data_dir: str | None = None) -> Data:
    """Return 20,000 and 5,000 pictures ``[N, 1, 28, 28]`` uint8, and what is known of them.

    Known are the limits of the triangles, and 2,000 further ones as vertices.
    """
    from ganbench.data._hashing import array_sha256

    train, test = (
        sample(n, derive("triangles", part)) for part, n in (("train", N_TRAIN), ("test", N_TEST))
    )
    known = {
        "vertices": vertices(N_KNOWN, derive("triangles", "known")),
        "limits": np.array([LOW, HIGH, HEIGHT]),
    }
    return Data(
        train=train,
        test=test,
        sha256=array_sha256(train, test, *known.values()),
        known={"triangles": known},
    )


register(
    Dataset(
        name="triangles",
        load=load,
        shape=(1, SIZE, SIZE),
        arch="dcgan",
        features="pixels",
        metrics=("triangles", "frechet", "density-coverage", "sliced-wasserstein"),
        primary="triangle_f1",
        budgets={
            "smoke": Budget(20),
            "quick": Budget(2_000, batch=16),
            "core": Budget(6_000, batch=16),
        },
        summary="one triangle each, 28x28 grey: the distance from the data's manifold is known",
    )
)
