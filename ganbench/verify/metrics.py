"""``ganbench verify metrics``: every metric sees what it should see, and only that.

Real held-out samples are taken for a perfect generator's. They are degraded in seeded steps
(``_degrade.py``), on MNIST in the features of its classifier and on the ring of Gaussians, and each
quantity is measured at each step. For its positive controls (``Quantity.controls``) it must get
worse from step to step; what it should be blind to (``Quantity.blind``) must hardly move it.

With ``--court`` the published sanity checks of fidelity and diversity are held instead
(``_court.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ganbench.core import registry
from ganbench.core.kinds import Extracted, Extractor, Metric, Quantity, RealSide
from ganbench.core.seeds import derive
from ganbench.evaluation.choose import lacking_in_score, load_extractor
from ganbench.evaluation.measure import cut_real, extract, of_samples, prepare, sizes, value
from ganbench.verify import _court
from ganbench.verify._degrade import DEGRADATIONS, STEPS, Pool
from ganbench.verify._outcome import Check, Outcome

N_FAKE, N_REAL, N_TRAIN = 1_000, 2_000, 5_000
REPEATS = 4  # undegraded draws, whose spread is the noise of a quantity
SLACK = 0.05  # of the whole response: a step may go back by this (saturated metrics)
BLIND = 0.25  # of the whole response to a positive control: what a blind metric may move


@dataclass(frozen=True)
class Bed:
    """A test bed: the real side, and the pool that is degraded."""

    name: str
    real: RealSide
    pool: Pool
    extractor: Extractor
    metrics: tuple[Metric, ...]
    degradations: tuple[str, ...]


def _images() -> Bed:
    data = registry.datasets.get("mnist").load(None)
    assert data.train_labels is not None and data.test_labels is not None
    extractor = load_extractor("classifier:mnist")
    order = np.random.default_rng(derive("verify", "mnist")).permutation(len(data.train))
    train, rest = data.train[order[:N_TRAIN]], order[N_TRAIN : 8 * N_TRAIN]
    test, train_side = extract(extractor, data.test[:N_REAL]), extract(extractor, train)
    real = RealSide(lambda: test, lambda: train_side, labels=data.test_labels[:N_REAL], classes=10)
    pool = Pool(data.train[rest], data.train_labels[rest], train, N_FAKE)
    chosen = [
        metric
        for metric in registry.metrics.items()
        if not metric.needs.missing(lacking_in_score(probs=True, train=True))
    ]
    return Bed("mnist", real, pool, extractor, tuple(chosen), tuple(DEGRADATIONS))


def _points() -> Bed:
    dataset = registry.datasets.get("ring2d")
    data = dataset.load(None)
    assert data.mixture is not None
    extractor = load_extractor("none")
    nearest = ((data.train[:, None] - data.mixture.centers) ** 2).sum(-1).argmin(1)
    test, train = Extracted(data.test[:N_REAL]), data.train[:N_TRAIN]
    real = RealSide(lambda: test, lambda: Extracted(train), mixture=data.mixture)
    pool = Pool(data.train[N_TRAIN:], nearest[N_TRAIN:], train, N_FAKE, data.mixture.std)
    names = ("mode-coverage", "frechet", "precision-recall", "density-coverage", "wasserstein",
             "sliced-wasserstein", "sinkhorn")  # fmt: skip
    chosen = tuple(registry.metrics.get(name) for name in names)
    return Bed("ring2d", real, pool, extractor, chosen, ("drop", "noise", "duplicate", "copy"))


def _prepared(metric: Metric, real: RealSide) -> dict[str, np.ndarray]:
    n_real = sizes(metric, len(real.test()), N_FAKE)[0]
    return prepare(metric, cut_real(real, n_real, "verify", metric.name))


def _measure(bed: Bed, tick: Callable[[str], None]) -> Iterator[dict[str, object]]:
    """Yield one row per quantity, degradation and step; ``none`` marks undegraded draws."""
    prepared = {metric.name: _prepared(metric, bed.real) for metric in bed.metrics}
    plan = [("none", 0, i) for i in range(REPEATS)]
    plan += [(name, step, 0) for name in bed.degradations for step in range(1, STEPS)]
    for name, step, draw in plan:
        tick(f"{bed.name}: {name} {step or draw}")
        rng = np.random.default_rng(derive("verify", bed.name, "draw", draw))
        samples = DEGRADATIONS["copy" if name == "none" else name](bed.pool, step, rng)
        generated = of_samples(samples, extract(bed.extractor, samples))
        for metric in bed.metrics:
            for key, number in value(metric, prepared[metric.name], generated).items():
                yield {"bed": bed.name, "quantity": key, "degradation": name, "step": step,
                       "draw": draw, "value": number}  # fmt: skip


def _checks(bed: Bed, table: pd.DataFrame) -> Iterator[Check]:
    for metric in bed.metrics:
        for quantity in metric.quantities:
            own = table[(table["bed"] == bed.name) & (table["quantity"] == quantity.key)]
            yield from _judge(bed, quantity, own)


def series(own: pd.DataFrame, degradation: str) -> np.ndarray:
    """Return the values ``[5]`` at steps 0 to 4; step 0 is the first undegraded draw."""
    first = own[(own["degradation"] == "none") & (own["draw"] == 0)]["value"]
    rest = own[own["degradation"] == degradation].sort_values("step")["value"]
    return np.concatenate([first, rest])


def _judge(bed: Bed, quantity: Quantity, own: pd.DataFrame) -> Iterator[Check]:
    """Yield the checks of one quantity."""
    sign = -1 if quantity.higher_is_better else 1  # times a change: how much worse
    spread = np.ptp(own[own["degradation"] == "none"]["value"].to_numpy())
    response = 0.0
    for name in (d for d in quantity.controls if d in bed.degradations):
        worse = sign * np.diff(series(own, name))
        total = worse.sum()
        response = max(response, total)
        good = bool(total > 2 * spread and (worse >= -SLACK * total).all())
        shown = " ".join(f"{v:.3g}" for v in series(own, name))
        yield Check(f"{bed.name} {quantity.key} sees {name}", shown, "worse at each step", good)
    for name in (d for d in quantity.blind if d in bed.degradations):
        values = series(own, name)
        moved = np.abs(values - values[0]).max()
        good = bool(moved <= max(BLIND * response, 2 * spread))
        shown = " ".join(f"{v:.3g}" for v in values)
        yield Check(f"{bed.name} {quantity.key} blind to {name}", shown, "hardly moves", good)


def run(tick: Callable[[str], None] = lambda what: None, court: bool = False) -> Outcome:
    """Measure and judge every metric on both test beds, or hold the court."""
    if court:
        return _court.hold(tick)
    beds = (_images(), _points())
    table = pd.DataFrame([row for bed in beds for row in _measure(bed, tick)])
    checks = [check for bed in beds for check in _checks(bed, table)]
    failed = {c.name for c in checks if not c.passed}
    figure = draw(beds, table, failed)
    details = {"checks": len(checks), "failed": sorted(failed)}
    return Outcome(checks, details, {"verify-metrics": table}, {"verify-metrics": figure})


def draw(beds: tuple[Bed, ...], table: pd.DataFrame, failed: set[str]) -> Figure:
    """Return the figure: a row per quantity, a column per degradation, a curve over the steps."""
    import matplotlib.pyplot as plt

    from ganbench.reports.plots import style

    style()
    rows = [(bed, q) for bed in beds for m in bed.metrics for q in m.quantities]
    columns = list(DEGRADATIONS)
    figure, axes = plt.subplots(
        len(rows), len(columns), figsize=(8.4, 0.46 * len(rows) + 1.1), squeeze=False
    )
    for cells, (bed, quantity) in zip(axes, rows, strict=True):
        own = table[(table["bed"] == bed.name) & (table["quantity"] == quantity.key)]
        low, high = own["value"].min(), own["value"].max()
        margin = 0.12 * (high - low or 1)
        for axis, name in zip(cells, columns, strict=True):
            axis.set(xticks=[], yticks=[], ylim=(low - margin, high + margin), xlim=(-0.3, 4.3))
            if name not in bed.degradations:
                axis.set_facecolor("0.95")
                continue
            kind = "sees" if name in quantity.controls else "blind to"
            judged = name in quantity.controls or name in quantity.blind
            wrong = f"{bed.name} {quantity.key} {kind} {name}" in failed
            color = "0.75" if not judged else "C0" if kind == "sees" else "C2"
            axis.plot(range(STEPS), series(own, name), "o-", ms=2.5, lw=1.4,
                      color="C3" if wrong else color)  # fmt: skip
        arrow = {"higher": "↑", "lower": "↓", "floor": "→"}[quantity.target]
        cells[0].set_ylabel(f"{quantity.key} {arrow}", rotation=0, ha="right", va="center")
    for axis, name in zip(axes[0], columns, strict=True):
        axis.set_title(name, fontsize=11)
    first = len([q for m in beds[0].metrics for q in m.quantities])
    for row, bed in ((0, beds[0]), (first, beds[1])):
        axes[row, -1].text(1.06, 0.5, bed.name, transform=axes[row, -1].transAxes, va="center",
                           fontweight="bold")  # fmt: skip
    handles = [
        plt.Line2D([], [], color=color, marker="o", ms=3, label=label)
        for color, label in (("C0", "must get worse"), ("C2", "must hardly move"),
                             ("0.75", "not judged"), ("C3", "check failed"))
    ]  # fmt: skip
    figure.supxlabel("real samples degraded step by step, from left to right in each panel", y=0.0)
    figure.tight_layout(h_pad=0.15, w_pad=0.3, rect=(0, 0.015, 1, 0.985))
    figure.legend(handles=handles, loc="upper center", ncols=4, frameon=False,
                  bbox_to_anchor=(0.5, 1.012))  # fmt: skip
    return figure
