"""Sentences that say what a comparison shows, and what its budget cannot show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from ganbench.core import registry
from ganbench.core.kinds import Budget
from ganbench.experiment.plan import Plan
from ganbench.experiment.records import QuantityInfo
from ganbench.reports.tables import number

FIRST_COMPARISON = 5  # seeds, below which no interval is to be relied on


def limits(plan: Plan, n_seeds: int) -> list[str]:
    """Return sentences about the limits of the plan's budget.

    Args:
        n_seeds: the fewest seeds of any variant.
    """
    images = plan.trainings[0].images_seen
    steps = sorted({training.steps for training in plan.trainings})
    said = []
    standard = registry.presets.get("standard")
    budget = plan.dataset.budgets.get(standard.name, Budget())
    full = budget.images_seen or standard.images_seen
    if images < full:
        updates = " to ".join(f"{n:,}" for n in (steps[0], steps[-1])[: len(steps)])
        said.append(
            f"{images:,} images are {updates} generator updates. They show who learns at once, not "
            f"where anyone ends: --preset {standard.name} has {full:,} images."
        )
    if n_seeds < FIRST_COMPARISON:
        said.append(
            "One seed cannot tell merit from luck, and gives no interval: see --seeds."
            if n_seeds == 1
            else f"Intervals from {n_seeds} seeds are rough: see --seeds."
        )
    return said


def findings(table: pd.DataFrame, quantities: Mapping[str, QuantityInfo]) -> list[str]:
    """Return sentences about every variant that failed, did not learn the data, or collapsed.

    A seed has *not learned the data* if fewer than 1 % of its last samples lie among real ones
    (precision, or the share of high quality on mixtures): its classes then mean nothing. Otherwise
    it is *collapsed* at a checkpoint if a mode is lost or the reverse KL of its mode frequencies
    exceeds 0.5 nats (an even generator on 6 of 10 modes has 0.51).

    Variants of which the same is to be said share a sentence.

    Args:
        table: rows of ``results.csv``.
        quantities: those of the records; their roles say which are read.
    """
    present = set(table["metric"])
    by_role: dict[str, str] = {}
    for key, quantity in quantities.items():
        if quantity.role and key in present:
            by_role.setdefault(quantity.role, key)
    said: dict[str, list[str]] = {}
    several = table["arch"].nunique() > 1
    for (arch, variant), rows in table.groupby(["arch", "variant"], sort=True):
        for text in _of_variant(rows, by_role):
            said.setdefault(text, []).append(f"{variant} ({arch})" if several else variant)
    return [f"{', '.join(names)}: {text}." for text, names in said.items()]


def _of_variant(rows: pd.DataFrame, by_role: Mapping[str, str]) -> list[str]:
    """Return the findings on one variant."""
    bad = rows[rows["status"] != "ok"].drop_duplicates("seed")
    texts = [f"{status} in {listed(seeds)}" for status, seeds in bad.groupby("status")["seed"]]
    missing = rows[(rows["status"] == "ok") & rows["value"].isna()]
    texts += [
        f"{metric} could not be measured in {listed(seeds.unique())}"
        for metric, seeds in missing.groupby("metric", sort=False)["seed"]
    ]
    return texts + _modes(rows[rows["status"] == "ok"], by_role)


def _modes(rows: pd.DataFrame, by_role: Mapping[str, str]) -> list[str]:
    """Return the findings on the modes of the finished seeds of one variant."""
    wide = rows.pivot(index=["seed", "images_seen"], columns="metric", values="value")
    if wide.empty or not {"fidelity", "modes", "mode_divergence"} <= by_role.keys():
        return []
    fidelity, modes, divergence = (by_role[r] for r in ("fidelity", "modes", "mode_divergence"))
    if not {fidelity, modes, divergence} <= set(wide):
        return []
    whole = rows[rows["metric"] == modes]["floor"].iloc[0]
    wide["collapsed"] = (wide[modes] < whole) | (wide[divergence] > 0.5)
    last = wide.groupby("seed").tail(1).reset_index("images_seen", drop=True)
    texts = []
    untaught = last[fidelity] < 0.01
    if untaught.any():
        texts.append(
            f"{_share(untaught.sum(), last)} did not learn the data at this budget "
            f"({fidelity} below 0.01, modes mean nothing)"
        )
    learned = last[~untaught]
    at_end = learned[learned["collapsed"]]
    if len(at_end):
        texts.append(
            f"{_share(len(at_end), last)} collapsed at the end: {number(at_end[modes].min())} of "
            f"{number(whole)} modes, reverse KL {number(at_end[divergence].max())} nats at worst"
        )
    healthy = learned.index.difference(at_end.index)
    before = wide[wide["collapsed"] & wide.index.get_level_values("seed").isin(healthy)]
    if len(before):
        images = before.index.get_level_values("images_seen").max()
        seeds = before.index.get_level_values("seed").nunique()
        texts.append(
            f"{_share(seeds, last)} collapsed at first and recovered after {images:,.0f} images"
        )
    return texts


def _share(part: int, seeds: pd.DataFrame) -> str:
    return f"{part} of {len(seeds)} seed{'s' if len(seeds) > 1 else ''}"


def listed(seeds: Iterable[int]) -> str:
    """Return ``seed 1`` or ``seeds 0, 2``."""
    names = [str(s) for s in sorted(seeds)]
    return f"seed{'s' if len(names) > 1 else ''} {', '.join(names)}"
