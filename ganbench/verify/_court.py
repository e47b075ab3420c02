"""``ganbench verify metrics --court``: the sanity checks that published metrics fail.

After Räisä, van Breugel & van der Schaar 2025 (ICML), "Position: All Current Generative Fidelity
and Diversity Metrics are Flawed": fifteen toy checks, in 1, 8 and 64 dimensions where the dimension
is varied, 1,000 samples on either side. No metric is expected to pass them all; which do which is
the result, so that the exit code does not depend on it.

Taken from the paper: the list of checks, the number of samples, the dimensions, the kinds of
demands and their thresholds (``_court_rules.py``), and the passes that it counts (``PUBLISHED``).
Our reading: the distributions behind each name, the points of each curve, which demands apply to
which check, which checks vary the dimension (30 rows in all), and the mean of ten draws a point.
So totals may be compared with the paper's, single rows may not.

Judged are scores of one of the two kinds that are 1 for a perfect generator and 0 for a useless
one. Left out: fd, fd_inf, kd, w1, w2, sliced_w2, mind, sinkhorn and ndb, js, which mix fidelity and
diversity in one number without an upper end; vendi and rke, which read no real sample; ken, the
memorisation metrics and classifiers' scores, which ask something else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ganbench.core import registry
from ganbench.core.seeds import derive
from ganbench.verify._court_checks import TRIALS, Trial
from ganbench.verify._outcome import Check, Outcome

N = 1_000
DRAWS = 10
ROLES = {
    "precision": "fidelity",
    "density": "fidelity",
    "clipped_density": "fidelity",
    "recall": "diversity",
    "coverage": "diversity",
    "clipped_coverage": "diversity",
}
PUBLISHED = {"density": 18, "coverage": 13, "precision": 11, "recall": 9}
PASSED, FAILED = "#D6E8D0", "#F3C9C4"
NOTE = (
    "✓: all demands hold; otherwise the failed ones are named. identical: within 0.05 of 1; zero: "
    "at most 0.05; bell, fall: 0.2 above the\nend or ends, and within 0.1 of the top; line: off "
    "the true curve by a constant to within 0.05; level: within 0.05 of it. The checks are\nafter "
    "Räisä et al. 2025 (ICML), in our reading of each; the paper's totals are of its own versions."
)


def judged() -> list[str]:
    """Return the registered metrics that yield a quantity of ``ROLES``."""
    found = registry.metrics.items()
    return [m.name for m in found if any(q.key in ROLES for q in m.quantities)]


def curves(trial: Trial, d: int, n: int, draws: int) -> dict[str, np.ndarray]:
    """Return the curve ``[points]`` of each quantity of ``ROLES``, the mean of several draws."""
    found = {key: np.zeros(len(trial.points)) for key in ROLES}
    for draw in range(draws):
        rng = np.random.default_rng(derive("court", trial.name, d, draw))
        for i, point in enumerate(trial.points):
            real, fake = trial.draw(rng, n, d, point)
            for name in judged():
                metric = registry.metrics.get(name)
                values = metric.compute(
                    metric.prepare(real, **metric.params), fake, **metric.params
                )
                for key in found.keys() & values.keys():
                    number = values[key]
                    found[key][i] += (number() if callable(number) else number) / draws
    return found


def verdicts(trial: Trial, d: int, found: dict[str, np.ndarray]) -> Iterator[dict[str, object]]:
    """Yield one row per quantity and rule."""
    for key, values in found.items():
        for rule in trial.rules(ROLES[key]):
            yield {
                "check": trial.name, "dimension": d, "metric": key, "role": ROLES[key],
                "kind": rule.kind, "points": " ".join(f"{p:g}" for p in trial.points),
                "values": " ".join(f"{v:.4f}" for v in values), "passed": rule.passes(values),
            }  # fmt: skip


def totals(table: pd.DataFrame) -> pd.DataFrame:
    """Return whether all rules hold, by check and dimension (rows) and metric (columns)."""
    rows = table.groupby(["check", "dimension", "metric"], sort=False)["passed"].all()
    return rows.unstack("metric")[list(ROLES)].reindex(
        [(trial.name, d) for trial in TRIALS for d in trial.dims]
    )


def hold(tick: Callable[[str], None], n: int = N, draws: int = DRAWS) -> Outcome:
    """Draw, measure and judge; the checks of the outcome are that each metric has every verdict."""
    rows: list[dict[str, object]] = []
    for trial in TRIALS:
        for d in trial.dims:
            tick(f"{trial.name} in {d} dimensions")
            rows += verdicts(trial, d, curves(trial, d, n, draws))
    table = pd.DataFrame(rows)
    passed = totals(table)
    checks = []
    for key, role in ROLES.items():
        own = table[table["metric"] == key]
        published = f"; published: {PUBLISHED[key]} passed" if key in PUBLISHED else ""
        checks.append(Check(
            f"{role}: {key}", f"{passed[key].sum()} of {len(passed)} passed",
            f"{len(passed)} verdicts{published}", not own["values"].str.contains("nan").any(),
        ))  # fmt: skip
    details = {"rows": len(passed), "passed_rows": {k: int(passed[k].sum()) for k in ROLES}}
    title = "the published sanity checks; the verdicts are the result, not the exit code"
    return Outcome(checks, details, {"verify-court": table}, {"verify-court": figure(table)}, title)


def figure(table: pd.DataFrame) -> Figure:
    """Return the figure: a row per check and dimension, a column per metric, failed kinds named."""
    import matplotlib.pyplot as plt
    from matplotlib.patches import Rectangle

    from ganbench.reports.plots import style

    style()
    passed = totals(table)
    failed = table[~table["passed"].astype(bool)]
    named = failed.groupby(["check", "dimension", "metric"])["kind"].agg(", ".join)
    drawn, axis = plt.subplots(figsize=(7.0, 0.19 * (len(passed) + 9)))
    for y, row in enumerate(passed.index):
        for x, key in enumerate(passed.columns):
            good = bool(passed.loc[row, key])
            axis.add_patch(Rectangle((x, y), 0.97, 0.9, color=PASSED if good else FAILED, lw=0))
            text = "✓" if good else named[(*row, key)]
            axis.text(x + 0.485, y + 0.47, text, ha="center", va="center", fontsize=5.2)
        name = row[0] if y == 0 or passed.index[y - 1][0] != row[0] else ""
        axis.text(-0.42, y + 0.47, name, ha="right", va="center", fontsize=6.5)
        axis.text(-0.07, y + 0.47, f"{row[1]}", ha="right", va="center", fontsize=6.5)
    last = len(passed)
    notes = {f"passed of {last}": passed.sum().to_dict(), "in the paper": PUBLISHED}
    for i, (name, counts) in enumerate(notes.items()):
        below = last + 0.5 + i
        axis.text(-0.07, below, name, ha="right", va="center", fontweight="bold", fontsize=6.5)
        for x, key in enumerate(passed.columns):
            axis.text(x + 0.485, below, str(counts.get(key, "–")), ha="center", va="center",
                      fontweight="bold", fontsize=6.5)  # fmt: skip
    for x, key in enumerate(passed.columns):
        axis.text(x + 0.485, -0.25, f"{key}\n({ROLES[key]})", ha="center", va="bottom",
                  fontsize=6.5)  # fmt: skip
    axis.text(-0.42, -0.25, "check", ha="right", va="bottom", fontsize=6.5)
    axis.text(-0.07, -0.25, "D", ha="right", va="bottom", fontsize=6.5)
    axis.set(xlim=(-2.3, len(passed.columns)), ylim=(last + 2, -2))
    axis.axis("off")
    drawn.text(0.02, 0.006, NOTE, fontsize=6, va="bottom", color="0.35", linespacing=1.3)
    drawn.subplots_adjust(0.005, 0.055, 0.995, 0.995)
    return drawn
