"""``ganbench verify dirac``: the Dirac-GAN. Mescheder et al. 2018, arXiv:1801.04406, section 2.

The data are at 0, G = theta, D(x) = psi x, a high logit meaning "real"; both start at 1 and take
500 plain gradient steps of 0.2, at once (``simultaneous``) or D first (``alternating``), through
the trainer and its losses, in float64. Near the equilibrium (0, 0) a step is a linear map
(``step_map``), whose eigenvalues decide whether and how fast training converges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ganbench.core import registry
from ganbench.core.kinds import Penalty, Variant
from ganbench.experiment.request import Settings
from ganbench.methods.constraints import weight_clip
from ganbench.methods.optimisers import SGD
from ganbench.methods.penalties import r1
from ganbench.metrics import game_jacobian_eigenvalues
from ganbench.verify._dirac import EXACT, dirac_population
from ganbench.verify._outcome import Check, Outcome

LR, STEPS = 0.2, 500
FIRST, LAST = 100, 400  # steps over which a rate is measured
TAIL = 100  # last steps, which show what training ends in
CONVERGED = 1e-4  # final norm below: converged; at least AWAY throughout the tail: not
AWAY = 0.5
RATE = 1e-3  # the measured factor per step may differ by this from theory
BAND = 0.15  # a norm may differ by this from a law of first order: by turns, orbits are ellipses
EIGENVALUE = 1e-9  # eigenvalues may differ by this; 1e-6 where theory has a double one
GAMES = ("simultaneous", "alternating")
Paths = dict[str, np.ndarray]  # by game
CONSENSUS = {"simultaneous": "consensus", "alternating": "consensus-alternating"}


@dataclass(frozen=True)
class Case:
    """One training method on the Dirac game.

    Attributes:
        variant: the method, with plain gradient steps.
        judge: makes the checks of what theory says of its trajectories.
        gamma: of its R1 penalty. consensus: weight of its 1/2 |v|^2.
        smooth: its loss has a Jacobian at (0, 0), the theory's, without consensus.
    """

    name: str
    variant: Variant
    judge: Callable[[Case, Paths], Iterator[Check]]
    gamma: float = 0.0
    consensus: float = 0.0
    smooth: bool = False


def cases() -> list[Case]:
    """Return the cases, with their plain gradient steps."""

    def base(name: str, **changes: Any) -> Variant:
        return replace(registry.variants.get(name), optim=SGD(LR), d_steps=1, **changes)

    (gp,) = registry.variants.get("wgan-gp").penalties
    small, one = (Penalty(r1, weight) for weight in (0.3, 1.0))
    return [
        Case("minimax", base("minimax"), spirals_and_orbits, smooth=True),
        Case("ns", base("ns"), creeps_and_cycles, smooth=True),
        Case("wgan", base("wgan", constraint=weight_clip(1.0)), does_not_converge),
        Case("wgan-gp", base("wgan-gp", penalties=(replace(gp, weight=0.35),)), does_not_converge),
        Case("minimax-r1-0.3", base("minimax", penalties=(small,)), converges, 0.3, smooth=True),
        Case("minimax-r1-1", base("minimax", penalties=(one,)), converges, 1.0, smooth=True),
        Case("ns-r1-0.3", base("ns", penalties=(small,)), converges, 0.3, smooth=True),
        Case("consensus", base("minimax"), converges, consensus=1.0),
    ]


def population(case: Case, game: str) -> Any:
    """Return the untrained population of one lane."""
    own = CONSENSUS[game] if case.consensus else game
    hyper = {"consensus.weight": case.consensus} if case.consensus else {}
    settings = Settings(game=own, hyper=hyper, backend="reference", **EXACT)
    return dirac_population(case.variant, [0], STEPS, settings)


def trajectory(case: Case, game: str, steps: int = STEPS) -> np.ndarray:
    """Return (theta, psi) ``[steps + 1, 2]`` from step 0 on."""
    training = population(case, game)
    points = np.ones((steps + 1, 2))
    for i in range(steps):
        training.run(1)
        points[i + 1] = float(training.state.g["theta"][0]), float(training.state.d["psi"][0])
    return points


def eigenvalues(case: Case) -> np.ndarray:
    """Return the eigenvalues of the Jacobian of the trainer's field at the equilibrium."""
    from ganbench.training.trained_pair import trained_pair

    field = trained_pair(population(case, "simultaneous"), 0).field(np.zeros((1, 1)))
    return game_jacobian_eigenvalues(field, np.zeros(2))


def theory(case: Case) -> np.ndarray:
    """Return -gamma/2 +- sqrt(gamma^2/4 - f'(0)^2), f' = 1/2. Mescheder 2018, section 3."""
    root = np.emath.sqrt(case.gamma**2 / 4 - 0.25)
    return np.array([-case.gamma / 2 + root, -case.gamma / 2 - root], complex)


def step_map(case: Case, game: str) -> np.ndarray:
    """Return the linear map ``[2, 2]`` of one step on (theta, psi) near the equilibrium."""
    slope, damp = LR / 2, LR * case.consensus / 4  # 1/2 |v|^2 = 1/8 (theta^2 + psi^2) near 0
    g = np.array([[1 - damp, slope], [0, 1]])
    d = np.array([[1, 0], [-slope, 1 - damp - LR * case.gamma]])
    return g @ d if game == "alternating" else g + d - np.eye(2)


def rate(norms: np.ndarray) -> float:
    """Return the mean factor per step: exp of the slope of log norm."""
    return float(np.exp(np.polyfit(np.arange(len(norms)), np.log(norms), 1)[0]))


def converges(case: Case, paths: Paths) -> Iterator[Check]:
    """Yield: the norm falls below CONVERGED, at the rate of the linear map from step FIRST on."""
    for game, path in paths.items():
        norms, w = np.linalg.norm(path, axis=1), path[FIRST]
        mapped = [w] + [w := step_map(case, game) @ w for _ in range(LAST - FIRST - 1)]
        measured, wanted = rate(norms[FIRST:LAST]), rate(np.linalg.norm(mapped, axis=1))
        name = f"{case.name} {game}"
        yield Check(f"{name}: converges", f"{norms[-1]:.2e}", f"below {CONVERGED:g}",
                    bool(norms[-1] < CONVERGED))  # fmt: skip
        yield Check(f"{name}: factor per step", f"{measured:.5f}", f"{wanted:.5f} ± {RATE:g}",
                    bool(abs(measured - wanted) <= RATE))  # fmt: skip


def does_not_converge(case: Case, paths: Paths) -> Iterator[Check]:
    """Yield: the norm stays finite and above AWAY to the end. Mescheder 2018, section 3."""
    for game, path in paths.items():
        norms = np.linalg.norm(path[-TAIL:], axis=1)
        shown = f"{norms.min():.3g} to {norms.max():.3g} at the end"
        good = bool(norms.min() >= AWAY and np.isfinite(norms.max()))
        yield Check(f"{case.name} {game}: does not converge", shown, f"at least {AWAY}", good)


def spirals_and_orbits(case: Case, paths: Paths) -> Iterator[Check]:
    """Yield: the flow keeps the norm; steps at once add to it always, steps by turns orbit."""
    at_once, turns = (np.linalg.norm(paths[game], axis=1) for game in GAMES)
    grows = bool((np.diff(at_once) > 0).all())
    yield Check(f"{case.name} simultaneous: spirals out", f"{at_once[-1]:.4g}",
                "above the norm before, at every step", grows)  # fmt: skip
    low, high = turns.min(), turns.max()
    yield Check(f"{case.name} alternating: orbits", f"{low:.4g} to {high:.4g}",
                f"{turns[0]:.4g} ± {BAND:.0%}", _within(turns, turns[0]))  # fmt: skip


def creeps_and_cycles(case: Case, paths: Paths) -> Iterator[Check]:
    """Yield: the flow shrinks the norm r sublinearly, steps at once add what stops it.

    The flow has d(r^2/2)/dt = -x tanh(x/2), x = theta psi, on average -r^4/16 for small r, thus
    1/r^2 = 1/r_0^2 + t/8: no linear rate (the eigenvalues are imaginary). A joint step of h adds
    h^2 r^2/8: a limit cycle of radius sqrt(2 h), where the two are equal.
    """
    at_once, turns = (np.linalg.norm(paths[game], axis=1) for game in GAMES)
    cycle, tail = np.sqrt(2 * LR), at_once[-TAIL:]
    yield Check(f"{case.name} simultaneous: limit cycle", f"{tail.min():.4g} to {tail.max():.4g}",
                f"{cycle:.4g} ± {BAND:.0%}", _within(tail, cycle))  # fmt: skip
    steps = np.arange(STEPS + 1)[-TAIL:]
    law = (1 / turns[0] ** 2 + LR * steps / 8) ** -0.5
    yield Check(f"{case.name} alternating: creeps in", f"{turns[-1]:.4g}",
                f"{law[-1]:.4g} ± {BAND:.0%}, so before", _within(turns[-TAIL:], law))  # fmt: skip


def _within(values: np.ndarray, wanted: Any) -> bool:
    return bool((np.abs(values / wanted - 1) <= BAND).all())


def _linear(case: Case, eigenvalues: np.ndarray) -> Check:
    wanted = theory(case)
    gap = min(np.abs(eigenvalues - w).max() for w in (wanted, wanted[::-1]))
    limit = (
        EIGENVALUE if abs(wanted[0] - wanted[1]) > 0 else 1e-6
    )  # a double one has a Jordan block
    shown, asked = (", ".join(f"{x:.4f}" for x in values + 0) for values in (eigenvalues, wanted))
    return Check(f"{case.name}: eigenvalues at (0, 0)", shown, asked, bool(gap <= limit))


def run(tick: Callable[[str], None] = lambda what: None) -> Outcome:
    """Train every case by both games and compare with theory."""
    checks: list[Check] = []
    final, paths, spectra = {}, {}, {}
    for case in cases():
        own = {}
        for game in GAMES:
            tick(f"{case.name} {game}")
            own[game] = trajectory(case, game)
        checks += case.judge(case, own)
        if case.smooth:
            spectra[case.name] = eigenvalues(case)
            checks.append(_linear(case, spectra[case.name]))
        final[case.name] = {game: float(np.linalg.norm(path[-1])) for game, path in own.items()}
        paths[case.name] = own
    rows = [
        {"case": name, "game": game, "step": i, "theta": theta, "psi": psi}
        for name, own in paths.items()
        for game, path in own.items()
        for i, (theta, psi) in enumerate(path)
    ]
    details = {
        "cases": final,
        "eigenvalues": {k: [[x.real, x.imag] for x in v] for k, v in spectra.items()},
    }
    return Outcome(
        checks, details, {"verify-dirac": pd.DataFrame(rows)}, {"verify-dirac": draw(paths)}
    )


def draw(paths: dict[str, dict[str, np.ndarray]]) -> Figure:
    """Return the figure: a panel per case, psi against theta, a colour per game."""
    import matplotlib.pyplot as plt

    from ganbench.reports.plots import style

    style()
    figure, axes = plt.subplots(2, 4, figsize=(10.4, 5.6))
    for axis, (name, own) in zip(axes.flat, paths.items(), strict=True):
        for game, color in zip(GAMES, ("C1", "C0"), strict=True):
            axis.plot(*own[game].T, "-", color=color, lw=0.9, alpha=0.9, label=game)
            axis.plot(*own[game][-1], "o", color=color, ms=4.5, zorder=3)
        axis.plot(1, 1, "s", color="0.3", ms=4, zorder=3)
        axis.plot(0, 0, "+", color="k", ms=9, mew=1.4, zorder=4)
        axis.set_title(name, fontsize=11)
        axis.set_aspect("equal", "datalim")
    for axis in axes[-1]:
        axis.set_xlabel("θ (generator)")
    for axis in axes[:, 0]:
        axis.set_ylabel("ψ (discriminator)")
    handles = [
        *(plt.Line2D([], [], color=c, marker="o", ms=4.5, label=f"{g}, last step")
          for g, c in zip(GAMES, ("C1", "C0"), strict=True)),
        plt.Line2D([], [], color="0.3", marker="s", ls="", ms=4, label="start"),
        plt.Line2D([], [], color="k", marker="+", ls="", ms=9, mew=1.4, label="equilibrium"),
    ]  # fmt: skip
    figure.tight_layout(rect=(0, 0, 1, 0.94))
    figure.legend(handles=handles, loc="upper center", ncols=4, frameon=False)
    return figure
