"""Path angle: attraction and rotation along a training's chord. Berard et al. 2020.

arXiv:1906.04848: on the line w(a) = (1 - a) start + a end through the parameters of both
players at the start and the end of training, extended at both ends, it is

    c(a) = <end - start, v(w(a))> / (|end - start| |v(w(a))|)

for the game's field v. Here v is the direction in which training moves (the paper's field is its
negative, and so are its cosines): an attracting end point shows as a change of sign from + to - at
a = 1, pure rotation around it as a bump: c is near 0 on either side and peaks at the end point.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import np, torch
from ganbench.core.registry import register
from ganbench.metrics import _field, _inputs

if TYPE_CHECKING:
    from ganbench.core.kinds import Array
    from ganbench.metrics._field import Field

POINTS = 13  # in a run; the function alone draws a curve of CURVE_POINTS
CURVE_POINTS = 121
BEYOND = 0.1


def path_angle(
    field: Field, start: Any, end: Any, points: int = CURVE_POINTS, beyond: float = BEYOND
) -> dict[str, Array]:
    """Return ``position``, ``cosine`` and ``norm`` ``[points]`` of ``field`` along a line.

    Args:
        field: ``[n] -> [n]``, float64; it is given a tensor that requires a gradient.
        start: ``[n]``, position 0.
        end: ``[n]``, position 1.
        points: evenly spaced from ``-beyond`` to ``1 + beyond``; the defaults hold 0 and 1.
        beyond: how far the line is extended, in lengths of the chord.

    Returns:
        The cosine is 0 where the field vanishes (the norm, of the field, is then 0 too).

    Raises:
        ValueError: start equals end, other shapes, a field that is not finite, points below 2,
            beyond below 0.

    References:
        Berard et al. 2020, arXiv:1906.04848.
    """
    a, b = _field.vector(start, "start"), _field.vector(end, "end")
    if a.shape != b.shape:
        raise ValueError(f"start has {len(a)} parameters and end {len(b)}: not comparable")
    points = _inputs.count(points, "points", 2)
    if not 0 <= beyond < np.inf:
        raise ValueError(f"beyond is {beyond!r}: at least 0 needed")
    chord = b.to(a.device) - a
    length = float(chord.norm())
    if length == 0:
        raise ValueError(f"start equals end in all of {len(a)} parameters: there is no path")
    position = np.linspace(-beyond, 1 + beyond, points)
    cosine, norm = np.zeros(points), np.zeros(points)
    for i, where in enumerate(position):
        v = _field.at(field, torch.lerp(a, b.to(a), float(where)))[1].detach().double()
        norm[i] = float(v.norm())
        if norm[i] > 0:
            cosine[i] = float((v / norm[i]) @ (chord / length).to(v))
    return {"position": position, "cosine": cosine.clip(-1, 1), "norm": norm}


def prepare(real: Any, points: int = POINTS, beyond: float = BEYOND) -> dict[str, Array]:
    """Return the held-out samples."""
    return {"real": np.asarray(real)}


def compute(
    prepared: dict[str, Array], pair: Any, points: int = POINTS, beyond: float = BEYOND
) -> dict[str, float]:
    """Return how the cosine changes at the end of training, on the held-out samples.

    With c before, at and beyond the end (one point's distance apart), ``path_attraction`` is
    (before - beyond) / 2, 1 where the end attracts along the chord and -1 where it repels, and
    ``path_rotation`` the size of at - (before + beyond) / 2, the height of the bump.
    """
    start, end = pair.flat(pair.start_g, pair.start_d), pair.flat(pair.g, pair.d)
    angles = path_angle(pair.field(prepared["real"]), start, end, points, beyond)
    at = int(np.abs(angles["position"] - 1).argmin())
    before, here, after = angles["cosine"][[at - 1, at, min(at + 1, points - 1)]]
    return {
        "path_attraction": float((before - after) / 2),
        "path_rotation": float(abs(here - (before + after) / 2)),
    }


register(
    Metric(
        name="path-angle",
        quantities=(
            Quantity(
                "path_attraction", "cosine", higher_is_better=True, least=-1.0, headline=False
            ),
            Quantity("path_rotation", "cosine", higher_is_better=False, headline=False),
        ),
        needs=needs.PAIR,
        group="dynamics",
        prepare=prepare,
        compute=compute,
        version=2,
        params={"points": POINTS, "beyond": BEYOND},
        max_samples=256,
        final_only=True,
        paper=Paper(
            "A Closer Look at the Optimization Landscapes of Generative Adversarial Networks",
            "Berard et al.",
            2020,
            arxiv="1906.04848",
        ),
    )
)
