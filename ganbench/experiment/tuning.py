"""A recipe: for every variant the learning rate that is best on the validation split.

Each of ``FACTORS`` times the paper's rates is trained with one seed, the best two of them with
three, and the better median of those is taken. Every variant has the same search; variants with the
same gradients share theirs. Nothing of the held-out split is read.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ganbench.core import registry
from ganbench.core.files import write_bytes
from ganbench.core.kinds.metric import shortfall
from ganbench.experiment import provenance
from ganbench.experiment.plan import Plan, make_plan
from ganbench.experiment.records import Record, Unit
from ganbench.experiment.request import Request
from ganbench.experiment.run import check_protocols, run_units
from ganbench.experiment.screening import same_gradients
from ganbench.experiment.store import Store
from ganbench.stats.aggregate import median

FACTORS = (1.0, 2.5, 5.0, 10.0, 20.0)  # of the paper's learning rates
FIRST_SEEDS, FINAL_SEEDS, FINALISTS = 1, 3, 2

# ``values[variant][factor]``: of the primary quantity, one for each seed; infinite if it failed.
Values = dict[str, dict[float, list[float]]]


@dataclass(frozen=True)
class Search:
    """What a search needs beside the factor that it tries.

    Attributes:
        request: the preset, data set and arch that the recipe is for.
        plan: of the request with the papers' rates.
        n_validation: how many training samples are held out.
        out: a run directory for each factor is in it.
        train: ``(plan, units, store)``, executes units.
    """

    request: Request
    plan: Plan
    n_validation: int
    out: Path
    train: Callable[[Plan, list[Unit], Store], Any]

    def measure(self, factor: float, variants: Sequence[str], seeds: int) -> None:
        """Train ``variants`` at ``factor`` times their papers' rates, unless that is done."""
        folder = self.out / f"rate-{factor:g}"
        names = [t.variant for t in self.plan.trainings]
        content = self.described(f"rate-{factor:g}", {n: {"rate_factor": factor} for n in names})
        write_bytes(folder / "recipe.json", as_json(content))
        request = replace(
            self.request,
            variants=tuple(variants),
            seeds=seeds,
            recipe=str(folder / "recipe.json"),
        )
        plan, _ = make_plan(request)
        store = Store(folder)
        store.prepare()
        store.unpack()
        with store.alone():
            units = plan.units(store.done)
            if units:
                check_protocols(plan, store)
            self.train(plan, units, store)

    def described(self, name: str, variants: Mapping[str, Any]) -> dict[str, Any]:
        """Return the content of a recipe's file."""
        training = self.plan.trainings[0]
        return {
            "name": name,
            "dataset": training.dataset,
            "preset": self.plan.preset.name,
            "arch": self.plan.arch,
            "steps": training.steps,
            "batch": training.batch,
            "metric": self.plan.primary,
            "variants": dict(sorted(variants.items())),
        }

    def values(self) -> Values:
        """Return all values so far, as far from the best possible one as they are."""
        found: Values = {}
        for factor in FACTORS:
            for record in Store(self.out / f"rate-{factor:g}").records():
                own = found.setdefault(record.training.variant, {})
                own.setdefault(factor, []).append(_last(record))
        return found


def _last(record: Record) -> float:
    """Return how far the last value of the primary quantity is from the best; lower is better."""
    key = record.primary
    value = record.measurements[-1].values.get(key) if record.measurements else None
    if record.status != "ok" or value is None or math.isnan(value):
        return math.inf
    info = record.quantities[key]
    return float(shortfall(value, record.floors.get(key, math.nan), info.target))


def best_factors(values: Mapping[float, Sequence[float]], n: int) -> list[float]:
    """Return the ``n`` factors with the lowest medians, the smaller factor first among equals."""
    return sorted(values, key=lambda f: (float(median(np.array(values[f]))), f))[:n]


def pooled(values: Values) -> Values:
    """Return ``values`` in which variants with the same gradients have each other's too.

    They are one method under two names, an A/A pair, and compared at one rate.
    """
    shared = dict(values)
    for name, other in same_gradients([registry.variants.get(name) for name in values]):
        both = {
            factor: [*values[name].get(factor, []), *values[other].get(factor, [])]
            for factor in dict.fromkeys([*values[name], *values[other]])
        }
        shared |= {name: both, other: both}
    return shared


def as_json(content: Mapping[str, Any]) -> bytes:
    """Return the bytes of a recipe's file."""
    return (json.dumps(content, indent=1) + "\n").encode()


def tune(
    request: Request,
    out: Path,
    engine: str = "local",
    workers: int | None = None,
    threads: int | None = None,
    report: Callable[[Unit, dict[str, Any]], None] | None = None,
    tell: Callable[[str], None] = lambda what: None,
) -> dict[str, Any]:
    """Search, or go on searching, in ``out`` and return the content of the recipe's file.

    Args:
        request: what the recipe is for; its own seeds, recipe and checkpoints are not read.
        report: is called with the events of every unit. tell: with what is done next.

    Raises:
        UsageError: something in the request cannot be done.
    """
    keep = "none" if request.keep == "auto" else request.keep
    searched = replace(
        request,
        recipe="paper",
        validation=True,
        no_controls=True,
        checkpoints=1,
        seeds=1,
        keep=keep,
    )
    plan, _ = make_plan(searched)
    searched = replace(searched, metrics=plan.primary)
    plan, data = make_plan(searched)
    chosen = registry.engines.get(engine)

    def train(plan: Plan, units: list[Unit], store: Store) -> None:
        run_units(units, store, chosen, workers, threads, report)

    search = Search(searched, plan, len(data.test), out, train)
    names = [t.variant for t in plan.trainings]
    for factor in FACTORS:
        tell(f"{factor:g} times the papers' rates, {FIRST_SEEDS} seed")
        search.measure(factor, names, FIRST_SEEDS)
    first = {name: {f: v[:FIRST_SEEDS] for f, v in own.items()}
             for name, own in search.values().items()}  # fmt: skip
    finalists = {name: best_factors(own, FINALISTS) for name, own in pooled(first).items()}
    for factor in FACTORS:
        again = [name for name in names if factor in finalists[name]]
        if again:
            tell(f"{factor:g} times the rates of {len(again)} variants, {FINAL_SEEDS} seeds")
            search.measure(factor, again, FINAL_SEEDS)
    return recipe(search, finalists)


def recipe(search: Search, finalists: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Return the content of the recipe's file, with its evidence."""
    values = search.values()
    shared = pooled(values)
    variants = {
        name: {
            "rate_factor": best_factors({f: shared[name][f] for f in factors}, 1)[0],
            "values": {f"{f:g}": values[name][f] for f in sorted(values[name])},
        }
        for name, factors in finalists.items()
    }
    preset, dataset = search.plan.preset.name, search.plan.dataset.name
    made_by = {
        "command": f"ganbench tune --dataset {dataset} --preset {preset}",
        "split": "validation",
        "n_validation": search.n_validation,
        "git_sha": provenance.commit()[0],
    }
    return search.described(f"{dataset.replace(':', '-')}-{preset}", variants) | made_by
