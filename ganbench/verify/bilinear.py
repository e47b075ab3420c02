"""``ganbench verify bilinear``: game algorithms on min_theta max_psi of -psi theta.

Generator theta, critic psi x, data at 0 and the Wasserstein losses make the bilinear game. Its
field (psi, -theta) is a pure rotation, on which every algorithm with plain gradients is a linear
map of known eigenvalues. (The game x^T A y falls apart into such games, with steps of lr times the
singular values of A.) Rates: Gidel et al. 2019, arXiv:1802.10551, section 3; Mescheder et al.
2017, arXiv:1705.10461, section 4; Metz et al. 2017, arXiv:1611.02163.

Beside it, the game of a linear discriminator that learns a mean (``_linear_mean.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ganbench.core import registry
from ganbench.experiment.request import Settings
from ganbench.methods.optimisers import SGD
from ganbench.verify import _linear_mean
from ganbench.verify._dirac import EXACT, dirac_population
from ganbench.verify._outcome import Check, Outcome

STEPS, ANCHOR = 300, 50
LRS = (0.05, 0.1, 0.2, 0.3)
WEIGHT = 1.0  # of consensus and of sga
RATE = 1e-6  # the measured factor per step may differ by this; float64 has 1e-8 at double roots


def _ahead(h: float) -> Sequence[complex]:
    return [1, -1 - 2j * h, 1j * h]  # x^2 = x + i h (2 x - 1)


def _unrolled(k: int) -> Callable[[float], Sequence[complex]]:
    return lambda h: [1, 2 * k * h**2 - 2, 1 - 2 * k * h**2 + h**2]


# the polynomial whose roots are the eigenvalues of one step of size h
POLYNOMIALS: dict[str, Callable[[float], Sequence[complex]]] = {
    "simultaneous": lambda h: [1, -1 - 1j * h],
    "alternating": lambda h: [1, h**2 - 2, 1],
    "extragradient": lambda h: [1, -1 - 1j * h + h**2],
    "past-extragradient": _ahead,
    "optimistic": _ahead,
    "consensus": lambda h: [1, WEIGHT * h - 1 - 1j * h],
    "sga": lambda h: [1, WEIGHT * h - 1 - 1j * h],  # consensus, where the field only turns
    "consensus-alternating": lambda h: [1, h**2 - 2 * (1 - WEIGHT * h), (1 - WEIGHT * h) ** 2],
    "unrolled-5": _unrolled(5),
    "unrolled-10": _unrolled(10),
}


def radius(game: str, h: float) -> float:
    """Return the factor per step that theory says."""
    return float(np.abs(np.roots(POLYNOMIALS[game](h))).max())


def paths(game: str) -> np.ndarray:
    """Return (theta, psi) ``[STEPS + 1, len(LRS), 2]`` from step 0 on, a lane per step size."""
    wgan = replace(registry.variants.get("wgan"), optim=SGD(), d_steps=1, constraint=None)
    weights = dict.fromkeys(registry.games.get(game).hyper, WEIGHT)
    hyper: dict[str, Any] = {"lr": list(LRS), **weights}
    population = dirac_population(
        wgan, range(len(LRS)), STEPS, Settings(game=game, hyper=hyper, backend="reference", **EXACT)
    )
    points = [np.ones((len(LRS), 2))]
    for _ in range(STEPS):
        population.run(1)
        points.append(np.stack([population.state.g["theta"], population.state.d["psi"]], -1))
    return np.array(points)


def rate(path: np.ndarray) -> float:
    """Return the measured factor per step of ``path [n, 2]``.

    The points of two steps together move by some linear map, whatever the algorithm remembers. It
    is fitted (least squares, in the span of the points), and its largest eigenvalue taken.
    """
    seen = np.hstack([path[:-1], path[1:]]).T  # [4, n - 1]
    seen, after = seen[:, :-1], seen[:, 1:]
    scale = np.linalg.norm(seen, axis=0)
    fitted = (after / scale) @ np.linalg.pinv(seen / scale, rcond=1e-10)
    return float(np.abs(np.linalg.eigvals(fitted)).max())


def judge(game: str, trajectories: np.ndarray) -> list[Check]:
    """Return one check per step size."""
    checks = []
    for h, path in zip(LRS, trajectories.swapaxes(0, 1), strict=True):
        measured, wanted = rate(path), radius(game, h)
        good = bool(abs(measured - wanted) <= RATE)
        checks.append(
            Check(f"{game}, step {h:g}", f"{measured:.7f}", f"{wanted:.7f} ± {RATE:g}", good)
        )
    return checks


def run(tick: Callable[[str], None] = lambda what: None) -> Outcome:
    """Measure the rate of every game whose rate is known, and compare it with theory."""
    curves = {}
    for game in POLYNOMIALS:
        tick(game)
        curves[game] = paths(game)
    checks = [check for game, trajectories in curves.items() for check in judge(game, trajectories)]
    tick("linear mean")
    checks += _linear_mean.checks()
    table = pd.DataFrame([
        {"game": game, "lr": h, "measured": rate(path), "theory": radius(game, h)}
        for game, trajectories in curves.items()
        for h, path in zip(LRS, trajectories.swapaxes(0, 1), strict=True)
    ])  # fmt: skip
    rates = {game: dict(zip(map(str, own["lr"]), own["measured"], strict=True))
             for game, own in table.groupby("game", sort=False)}  # fmt: skip
    return Outcome(
        checks, {"rates": rates}, {"verify-bilinear": table}, {"verify-bilinear": draw(curves)}
    )


def draw(curves: dict[str, np.ndarray]) -> Figure:
    """Return the figure: a panel per step size, norm against steps, theory dashed."""
    import matplotlib.pyplot as plt

    from ganbench.reports.plots import style
    from ganbench.reports.plots._style import scaled

    style()
    figure, axes = plt.subplots(1, len(LRS), figsize=(11.4, 3.7), sharey=True)
    steps = np.arange(STEPS + 1)  # theory gives the slope, the path at ANCHOR the height
    for i, (axis, h) in enumerate(zip(axes, LRS, strict=True)):
        for j, (game, path) in enumerate(curves.items()):
            line = ("-", "--")[game in ("optimistic", "sga")]  # they lie upon others
            norms = np.linalg.norm(path[:, i], axis=1)
            axis.plot(steps, norms, line, color=f"C{j}", lw=1.6, label=game)
            law = norms[ANCHOR] * radius(game, h) ** (steps - ANCHOR)
            axis.plot(steps[::50], law[::50], "o", color=f"C{j}", ms=3.2)
        scaled(axis, "y", (1e-8, 1e4), log=True)
        axis.set(title=f"step {h:g}", xlabel="steps")
    axes[0].set_ylabel("‖(θ, ψ)‖")
    handles, labels = axes[0].get_legend_handles_labels()
    handles.append(plt.Line2D([], [], color="0.4", marker="o", ls="", ms=3.2))
    figure.tight_layout(rect=(0, 0, 0.835, 1))
    figure.legend(handles, [*labels, "theory"], loc="center right", frameon=False)
    return figure
