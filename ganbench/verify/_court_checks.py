"""The fifteen sanity checks of the metric court: pairs of distributions whose answer is known.

Each check draws real and fake samples at several points of a curve, and says by rules
(``_court_rules.py``) what a score of fidelity and one of diversity should be there. Fidelity asks
whether fakes could be real, diversity whether the fakes reach all that is real.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ganbench.verify._court_rules import Rule, bell, fall, level, line, zero

Draw = Callable[[np.random.Generator, int, int, float], tuple[np.ndarray, np.ndarray]]
FAR = 6.0  # standard deviations in every axis: two normal distributions share nothing
SHIFTS = (-FAR, -3.0, -1.0, -0.3, 0.0, 0.3, 1.0, 3.0, FAR)
SCALES = (0.01, 0.1, 0.5, 1.0, 2.0, 10.0, 100.0)
RADII = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 4.0)
MODES, REAL_MODES, APART = 10, 5, 20.0
KEPT = tuple(float(m) for m in range(MODES, 0, -1))
MOVED = tuple(round(0.1 * i, 1) for i in range(11))
MADE = tuple(float(m) for m in range(1, MODES + 1))
TWO = 10.0  # the real modes are at -10 and 10, with standard deviation 1


@dataclass(frozen=True)
class Trial:
    """One check.

    Attributes:
        dims: in which it is held; each is a row of the table.
        points: of the curve.
        draw: ``(rng, n, d, point) -> (real, fake)``, ``[n, d]`` each.
        fidelity, diversity: what scores of either should be; all of the rules must hold.
    """

    name: str
    dims: tuple[int, ...]
    points: tuple[float, ...]
    draw: Draw
    fidelity: tuple[Rule, ...]
    diversity: tuple[Rule, ...]

    def rules(self, role: str) -> tuple[Rule, ...]:
        """Return the rules of ``fidelity`` or ``diversity``."""
        return self.fidelity if role == "fidelity" else self.diversity


def _shifted(rng: np.random.Generator, n: int, d: int, t: float) -> tuple[np.ndarray, np.ndarray]:
    return rng.standard_normal((n, d)), rng.standard_normal((n, d)) + t


def _outlier(side: int) -> Draw:
    def draw(rng: np.random.Generator, n: int, d: int, t: float) -> tuple[np.ndarray, np.ndarray]:
        pair = _shifted(rng, n, d, t)
        pair[side][0] = FAR
        return pair

    return draw


def _scaled(rng: np.random.Generator, n: int, d: int, t: float) -> tuple[np.ndarray, np.ndarray]:
    return rng.standard_normal((n, d)), t * rng.standard_normal((n, d))


def _modes(rng: np.random.Generator, mode: np.ndarray, d: int) -> np.ndarray:
    """Return one sample of each given mode; two modes are on each axis, on either side of 0."""
    samples = rng.standard_normal((len(mode), d))
    samples[np.arange(len(mode)), mode // 2] += APART * (1 - 2 * (mode % 2))
    return samples


def _sequential(
    rng: np.random.Generator, n: int, d: int, t: float
) -> tuple[np.ndarray, np.ndarray]:
    every = np.arange(n)
    return _modes(rng, every % MODES, d), _modes(rng, every % int(t), d)


def _simultaneous(
    rng: np.random.Generator, n: int, d: int, t: float
) -> tuple[np.ndarray, np.ndarray]:
    mode = np.arange(n) % MODES
    return _modes(rng, mode, d), _modes(rng, np.where(rng.random(n) < t, 0, mode), d)


def _invented(rng: np.random.Generator, n: int, d: int, t: float) -> tuple[np.ndarray, np.ndarray]:
    every = np.arange(n)
    return _modes(rng, every % REAL_MODES, d), _modes(rng, every % int(t), d)


def _on_sphere(rng: np.random.Generator, n: int, d: int) -> np.ndarray:
    x = rng.standard_normal((n, d))
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def _spheres(rng: np.random.Generator, n: int, d: int, t: float) -> tuple[np.ndarray, np.ndarray]:
    return _on_sphere(rng, n, d), t * _on_sphere(rng, n, d)


def _cubes(rng: np.random.Generator, n: int, d: int, t: float) -> tuple[np.ndarray, np.ndarray]:
    return rng.random((n, d)) - 0.5, t ** (1 / d) * (rng.random((n, d)) - 0.5)


def _torus(rng: np.random.Generator, n: int, d: int, t: float) -> tuple[np.ndarray, np.ndarray]:
    round_, across = 2 * np.pi * rng.random((2, n))
    ring = 1 + 0.5 * np.cos(across)
    torus = np.stack([ring * np.cos(round_), ring * np.sin(round_), 0.5 * np.sin(across)], 1)
    sphere = 0.3 * _on_sphere(rng, n, 3)
    return (torus, sphere) if t else (sphere, torus)


def _two_modes(rng: np.random.Generator, n: int, d: int, t: float) -> tuple[np.ndarray, np.ndarray]:
    side = TWO * (2.0 * (np.arange(n) % 2) - 1)
    return rng.standard_normal((n, d)) + side[:, None], rng.standard_normal((n, d)) + t


def _units(rng: np.random.Generator, n: int, d: int, t: float) -> tuple[np.ndarray, np.ndarray]:
    real, fake = _shifted(rng, n, d, 0.5)
    fake[:, 0] -= 0.5
    real[:, 0] *= t
    fake[:, 0] *= t
    return real, fake


def _pareto(rng: np.random.Generator, n: int, d: int, t: float) -> tuple[np.ndarray, np.ndarray]:
    real, fake = _shifted(rng, n, d, t)
    real[:, 0], fake[:, 0] = rng.pareto(1.0, (2, n))
    return real, fake


def _one_axis(rng: np.random.Generator, n: int, d: int, t: float) -> tuple[np.ndarray, np.ndarray]:
    real, fake = _shifted(rng, n, d, 0)
    fake[:, 0] += t
    return real, fake


def _discrete(rng: np.random.Generator, n: int, d: int, t: float) -> tuple[np.ndarray, np.ndarray]:
    real, fake = 3 * rng.standard_normal((2, n, d))
    return np.round(real), fake if t else np.round(fake)


MIDDLE = (level(4), bell(), zero(0, -1))
SHARED = tuple(min(1, REAL_MODES / m) for m in MADE), tuple(min(1, m / REAL_MODES) for m in MADE)
TRIALS = (
    Trial("mean shift", (1, 8, 64), SHIFTS, _shifted, MIDDLE, MIDDLE),
    Trial("mean shift, real outlier", (1, 8, 64), SHIFTS, _outlier(0), MIDDLE, MIDDLE),
    Trial("mean shift, fake outlier", (1, 8, 64), SHIFTS, _outlier(1), MIDDLE, MIDDLE),
    Trial("scaling", (1, 8, 64), SCALES, _scaled, (level(3), zero(-1)), (level(3), zero(0))),
    Trial("sequential mode dropping", (8, 64), KEPT, _sequential,
          (line(),), (line([m / MODES for m in KEPT]),)),
    Trial("simultaneous mode dropping", (8, 64), MOVED, _simultaneous,
          (line(),), (fall(), level(-1, wanted=1 / MODES))),
    Trial("mode dropping, then invention", (8, 64), MADE, _invented,
          (line(SHARED[0]),), (line(SHARED[1]),)),
    Trial("sphere surface", (8, 64), RADII, _spheres,
          (level(3), bell(), zero(0, -1)), (level(3), bell(), zero(0, -1))),
    Trial("hypercube sizes", (1, 8, 64), SCALES, _cubes,
          (level(3), zero(-1)), (level(3), zero(0))),
    Trial("sphere against torus", (3,), (0.0, 1.0), _torus, (zero(0, 1),), (zero(0, 1),)),
    Trial("one mode against two", (1,), (-TWO, 0.0, TWO), _two_modes,
          (level(0, -1), zero(1)), (level(0, -1, wanted=0.5), zero(1))),
    Trial("one scaled axis", (8,), (1.0, 10.0, 100.0, 1000.0), _units, (line(),), (line(),)),
    Trial("one Pareto axis", (8,), SHIFTS, _pareto, MIDDLE, MIDDLE),
    Trial("one disjoint axis", (8, 64), (0.0, 10.0), _one_axis,
          (level(0), zero(1)), (level(0), zero(1))),
    Trial("discrete against continuous", (1,), (0.0, 1.0), _discrete,
          (level(0), zero(1)), (level(0),)),
)  # fmt: skip
