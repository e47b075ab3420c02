"""A published comparison run again in its own set-up, and judged against the published numbers.

For each published mean ours must lie in its band, and where the paper shows a difference between
two variants, ours must show it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Variant
from ganbench.reports.literature import literature_values
from ganbench.verify._outcome import Check, Outcome

BAND = 3.0  # standard errors of the difference between two means
APART = 2.0  # standard errors by which two variants differ, in the paper and here


@dataclass(frozen=True)
class Study:
    """A published comparison of ``ns`` with one other variant on each of its data sets.

    Attributes:
        name: of the check, ``ganbench verify NAME``.
        source: the study, as ``baselines/published.csv`` names it.
        tasks: ``{data set: the variant beside ns}``; the budget is that of preset ``paper``.
        metrics: quantities, each published for each task and variant.
        arch, hyper: the set-up.
        batch: inputs of the discriminator in a step, of either side: as in the authors' code, a
            batch of packs of m takes m times as many samples as one of samples.
        game: the game algorithm.
        cpu_scale: share of the published steps that is the default on a CPU.
        cpu_seeds: trials there by default; None for the preset's.
        checkpoints: evaluations, of which the last counts; None for the preset's.
    """

    name: str
    source: str
    tasks: Mapping[str, str]
    metrics: tuple[str, ...]
    arch: str
    hyper: Mapping[str, float]
    batch: int
    game: str
    cpu_scale: float
    cpu_seeds: int | None = None
    checkpoints: int | None = None


def reproduce(
    study: Study, tick: Callable[[str], None], out: str, scale: float | None, seeds: int | None
) -> Outcome:
    """Train, or go on training, in ``out``, and compare with the published numbers.

    Args:
        scale: share of the published number of steps; by default 1 on CUDA, ``cpu_scale`` on a CPU.
        seeds: trials of each; ten if None, on a CPU ``cpu_seeds``.

    Raises:
        UsageError: ``scale`` is not in (0, 1], or fewer than two ``seeds``.
    """
    from ganbench.api import run as train
    from ganbench.experiment.request import choose_device

    cpu = choose_device("auto") == "cpu"
    if scale is None:
        scale = study.cpu_scale if cpu else 1.0
    if seeds is None and cpu:
        seeds = study.cpu_seeds
    if not 0 < scale <= 1:
        raise UsageError(f"--scale is {scale:g}: a share of the published steps in (0, 1] needed")
    if seeds is not None and seeds < 2:
        raise UsageError(f"--seeds is {seeds}: at least 2 trials needed for a standard error")

    def show(unit: Any, event: dict[str, Any]) -> None:
        step, steps = event.get("step", 0), unit.training.steps
        tick(f"{unit.training.dataset} · {unit.label}: step {step:,} of {steps:,}")

    tables = []
    for task, packed in study.tasks.items():
        steps = registry.datasets.get(task).budgets["paper"].steps or 0
        for name in ("ns", packed):
            together = samples_of_one_input(registry.variants.get(name))
            result = train(
                name,
                task,
                arch=study.arch,
                preset="paper",
                seeds=seeds,
                out=Path(out) / f"{name}-{task}",
                steps=max(1, round(scale * steps)),
                checkpoints=study.checkpoints,
                batch=study.batch * together,
                game=study.game,
                hyper=study.hyper,
                no_controls=True,
                metrics=",".join(study.metrics),
                progress=show,
            )
            tables.append(result.results[result.results["dataset"] == task])
    means = compare(study, pd.concat(tables)).assign(scale=scale)
    details = {"scale": scale, "means": means.drop(columns="scale").to_dict("records")}
    stem = f"verify-{study.name}"
    return Outcome(judge(means), details, {stem: means}, {stem: draw(study, means, scale)})


def samples_of_one_input(variant: Variant) -> int:
    """Return how many samples make one input of the discriminator."""
    return math.prod(t.samples for t in variant.input_transforms)


def compare(study: Study, results: pd.DataFrame) -> pd.DataFrame:
    """Return one row per task, variant and metric: our mean beside the published one.

    Args:
        results: rows of ``results.csv``; a trial without a last value counts as nothing found.
    """
    ours = results[results["checkpoint"] == results["checkpoint"].max()]
    rows = []
    for task, packed in study.tasks.items():
        paper = literature_values(task, ["ns", packed])
        for row in paper[paper["study"] == study.source].itertuples():
            own = ours[(ours["dataset"] == task) & (ours["variant"] == row.variant)]
            values = own.loc[own["metric"] == row.metric, "value"]
            rows.append({
                "task": task, "variant": row.variant, "metric": row.metric,
                "trials": len(values), "failed": int(values.isna().sum()),
                "mean": values.mean(), "se": values.sem(),
                "published": row.value, "published_se": row.spread,
            })  # fmt: skip
    return pd.DataFrame(rows)


def judge(means: pd.DataFrame) -> list[Check]:
    """Return a check per published mean, and one per published difference."""
    checks = []
    for row in means.itertuples():
        width = BAND * math.hypot(row.se, row.published_se)
        checks.append(
            Check(
                f"{row.task}, {row.variant}: {row.metric}",
                f"{row.mean:.3g} ± {row.se:.2g}",
                f"{row.published:g} ± {width:.2g}",
                bool(row.failed == 0 and abs(row.mean - row.published) <= width),
            )
        )
    for (task, metric), pair in means.groupby(["task", "metric"], sort=False):
        plain, packed = pair[pair["variant"] == "ns"], pair[pair["variant"] != "ns"]
        theirs = _apart(plain, packed, "published", "published_se")
        if abs(theirs) < APART:
            continue  # the paper shows no difference
        apart = _apart(plain, packed, "mean", "se") * math.copysign(1, theirs)
        way = "above" if theirs > 0 else "below"
        name = f"{task}, {metric}: {packed['variant'].iloc[0]} {way} ns"
        checks.append(
            Check(name, f"by {apart:.1f} se", f"by at least {APART:g} se", bool(apart >= APART))
        )
    return checks


def _apart(plain: pd.DataFrame, packed: pd.DataFrame, mean: str, se: str) -> float:
    """Return by how many standard errors the packed variant's mean is above the plain one's."""
    gap = float(packed[mean].iloc[0] - plain[mean].iloc[0])
    error = math.hypot(plain[se].iloc[0], packed[se].iloc[0])
    return gap / error if error else math.copysign(math.inf, gap) if gap else 0.0


def draw(study: Study, means: pd.DataFrame, scale: float) -> Figure:
    """Return the figure: a panel per task and metric, ours beside the published means."""
    import matplotlib.pyplot as plt

    from ganbench.reports.plots import style

    style()
    labels = {q.key: f"{q.label} ({q.key})" for m in registry.metrics.items() for q in m.quantities}
    size = 3.4 * len(study.metrics), 2.8 * len(study.tasks) + 0.6
    figure, axes = plt.subplots(len(study.tasks), len(study.metrics), figsize=size, squeeze=False)
    sides: Sequence[tuple[str, str, str, str]] = (
        ("published", "published_se", "0.45", "published"),
        ("mean", "se", "C0", f"ours, {scale:.3g} of the steps"),
    )
    for line, task in zip(axes, study.tasks, strict=True):
        for axis, metric in zip(line, study.metrics, strict=True):
            own = means[(means["task"] == task) & (means["metric"] == metric)]
            for shift, (mean, se, color, label) in zip((-0.12, 0.12), sides, strict=True):
                at = [i + shift for i in range(len(own))]
                axis.errorbar(at, own[mean], own[se], fmt="o", color=color, label=label, capsize=4)
            axis.set(title=f"{task}: {labels[metric]}", xlim=(-0.5, len(own) - 0.5))
            axis.set_xticks(range(len(own)), own["variant"])
            axis.grid(visible=False, axis="x")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.tight_layout(rect=(0, 0.35 / size[1], 1, 1))
    figure.legend(handles, labels, loc="lower center", ncols=2, frameon=False)
    return figure
