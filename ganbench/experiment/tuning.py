"""A recipe: for every variant the configuration that is best on the validation split.

``n`` configurations are tried with one seed each, the paper's own constants always being one of
them. The best two are trained again with three fresh seeds, and the better median of these is
taken. Then it and the paper's are trained with fresh seeds and measured on the test split, which
nothing before has read. Every variant has the same search; variants with the same gradients share
theirs. All tries of a variant are lanes of one population, each with its own seed.
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
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Data, Where
from ganbench.experiment import provenance
from ganbench.experiment.plan import Plan, make_plan
from ganbench.experiment.records import Record, Training, Unit
from ganbench.experiment.request import Request
from ganbench.experiment.run import check_protocols, check_where, run_units
from ganbench.experiment.samplers import SAMPLERS
from ganbench.experiment.screening import same_gradients
from ganbench.experiment.search_space import (
    Axes,
    Configuration,
    by_label,
    grid,
    label,
    lane_values,
    own_axes,
    parse_space,
    targets,
)
from ganbench.experiment.store import Store
from ganbench.stats.aggregate import median

FINAL_SEEDS, FINALISTS = 3, 2
TRIALS = 16  # at most, where no number is given
FIRST, FINALS, TEST = "tries", "finals", "test"  # run directories, in this order
FIRST_SEED = {FIRST: 0, FINALS: 100_000, TEST: 200_000}  # so that none is met twice

# What was tried of each variant: ``(configuration, value)``, one seed each; infinite if it failed.
Tries = dict[str, list[tuple[Configuration, float]]]


@dataclass(frozen=True)
class Search:
    """What a search is, and where its trainings are.

    Attributes:
        space: the axes, with their values. trials: configurations of each variant.
        out: a run directory for each stage is in it.
        train: ``(plan, units, store)``, executes units. tell: with what is done next.
    """

    space: Axes
    trials: int
    sampler: str
    out: Path
    train: Callable[[Plan, list[Unit], Store], Any]
    tell: Callable[[str], None]

    def measure(self, plan: Plan, stage: str, tries: Tries) -> Tries:
        """Train what is not done of ``tries`` and return them with their values.

        Args:
            plan: has a training of each variant with the paper's constants.
            stage: the name of the run directory.
        """
        trainings = [_with_tries(t, tries[t.variant], FIRST_SEED[stage])
                     for t in plan.trainings if tries.get(t.variant)]  # fmt: skip
        plan = replace(plan, trainings=tuple(trainings), more_seeds={})
        store = Store(self.out / stage)
        store.prepare()
        for said in store.open():
            self.tell(said)
        with store.alone():
            units = plan.units(store.ended(), store.begun())
            if units:
                check_protocols(plan, store)
                what = sum(len(unit.seeds) for unit in units)
                self.tell(f"{stage}: {what:,} trainings of {len(trainings)} variants")
            self.train(plan, units, store)
        names = {t.run_id(seed): t.variant for t in trainings for seed in t.by_seed}
        found = {r.run_id: _last(r) for r in store.records() if r.run_id in names}
        return {
            t.variant: [
                (c, found[t.run_id(seed)])
                for (c, _), seed in zip(tries[t.variant], t.by_seed, strict=True)
            ]
            for t in trainings
        }

    def first_tries(self, plan: Plan, data: Data) -> Tries:
        """Return the tries with one seed each, by as many rounds as the sampler needs."""
        sampler = SAMPLERS[self.sampler]
        tried: Tries = {t.variant: [] for t in plan.trainings}
        own = {name: registry.variants.get(name) for name in tried}
        shape = data.train.shape[1:]
        all_of = {n: grid(v, self.space, v.constants_for(shape)) for n, v in own.items()}
        axes = {n: own_axes(v, self.space) for n, v in own.items()}
        while True:
            more = {
                name: sampler(all_of[name], axes[name], self.trials, values)
                for name, values in tried.items()
            }
            if not any(more.values()):
                return tried
            asked = {n: [*tried[n], *((c, math.nan) for c in new)] for n, new in more.items()}
            tried = self.measure(plan, FIRST, asked)


def _with_tries(training: Training, tries: Sequence[tuple[Any, float]], first: int) -> Training:
    """Return a training whose seeds have a configuration each."""
    variant = registry.variants.get(training.variant)
    values = lane_values([c for c, _ in tries], variant, training.constants)
    by_seed = {first + k: own for k, own in enumerate(values)}
    return training.model_copy(update={"by_seed": by_seed})


def _last(record: Record) -> float:
    """Return how far the last value of the primary quantity is from the best; lower is better."""
    from ganbench.core.kinds.metric import shortfall

    key = record.primary
    value = record.measurements[-1].values.get(key) if record.measurements else None
    if record.status != "ok" or value is None or math.isnan(value):
        return math.inf
    info = record.quantities[key]
    return float(shortfall(value, record.floors.get(key, math.nan), info.target))


def best(tries: Sequence[tuple[Configuration, float]], n: int) -> list[Configuration]:
    """Return the ``n`` configurations with the lowest medians, the first tried among equals."""
    values = by_label(tries)
    named = {label(c): c for c, _ in tries}
    order = sorted(values, key=lambda name: float(median(np.array(values[name]))))
    return [named[name] for name in order[:n]]


def pooled(tries: Tries) -> Tries:
    """Return ``tries`` in which variants with the same gradients have each other's too.

    They are one method under two names, an A/A pair, and compared with one configuration.
    """
    shared = dict(tries)
    for name, other in same_gradients([registry.variants.get(name) for name in tries]):
        both = [*tries[name], *tries[other]]
        shared |= {name: both, other: both}
    return shared


def as_json(content: Mapping[str, Any]) -> bytes:
    """Return the bytes of a recipe's file."""
    return (json.dumps(content, indent=1) + "\n").encode()


def tune(
    request: Request,
    out: Path,
    space: str = "lr",
    trials: int | None = None,
    sampler: str = "grid",
    test_seeds: int = FINAL_SEEDS,
    where: Where = Where(),  # noqa: B008 (frozen)
    report: Callable[[Unit, dict[str, Any]], None] | None = None,
    tell: Callable[[str], None] = lambda what: None,
) -> dict[str, Any]:
    """Search, or go on searching, in ``out`` and return the content of the recipe's file.

    Args:
        request: what the recipe is for; its own seeds, recipe and checkpoints are not read.
        space: ``AXIS,AXIS=VALUE|VALUE,...``; see ``experiment.search_space``.
        trials: configurations of each variant; default: all of the space, at most ``TRIALS``.
        sampler: ``grid`` or ``optuna``.
        test_seeds: of what is chosen and of the paper's on the test split; 0: do not measure it.
        report: is called with the events of every unit. tell: with what is done next.

    Raises:
        UsageError: something in the request cannot be done.
    """
    axes = parse_space(space)
    size = math.prod(len(values) for values in axes.values()) + 1
    for flag, value, least in (("--trials", trials, 1), ("--test-seeds", test_seeds, 0)):
        if value is not None and value < least:
            raise UsageError(f"{flag} is {value}: at least {least} needed")
    if sampler not in SAMPLERS:
        raise UsageError(f"--sampler is {sampler!r}: {' or '.join(SAMPLERS)} needed")
    keep = "none" if request.keep == "auto" else request.keep
    asked = replace(
        request, recipe="paper", no_controls=True, checkpoints=1, seeds=1, keep=keep, film=False
    )
    plan, _ = make_plan(replace(asked, validation=True))
    asked = replace(asked, metrics=plan.primary)
    plan, data = make_plan(replace(asked, validation=True))
    _check_axes(plan, axes, request)
    check_where(where)

    def train(plan: Plan, units: list[Unit], store: Store) -> None:
        run_units(units, store, where, report)

    n = min(size, TRIALS) if trials is None else trials
    search = Search(axes, n, sampler, out, train, tell)
    first = search.first_tries(plan, data)
    again: Tries = {
        name: [(c, math.nan) for c in best(tries, FINALISTS) for _ in range(FINAL_SEEDS)]
        for name, tries in pooled(first).items()
    }
    finals = search.measure(plan, FINALS, again)
    chosen = {name: best(tries, 1)[0] for name, tries in pooled(finals).items()}
    tested: Tries = {}
    if test_seeds:
        compared: Tries = {
            name: [(c, math.nan) for c in ([own, {}] if own else [{}]) for _ in range(test_seeds)]
            for name, own in chosen.items()
        }
        test_plan, _ = make_plan(asked)
        tested = search.measure(test_plan, TEST, compared)
    return recipe(search, plan, len(data.test), (first, finals, tested), chosen)


def _check_axes(plan: Plan, axes: Axes, request: Request) -> None:
    """Raise ``UsageError`` for an axis that no variant has, or that ``--hyper`` sets too."""
    variants = [registry.variants.get(t.variant) for t in plan.trainings]
    for axis in axes:
        keys = {key for variant in variants for key in targets(variant, axis)}
        if not keys:
            raise UsageError(f"--space: no variant of the search has {axis!r}")
        for name in request.hyper:
            if any(name in (key, key.partition(".")[2]) for key in keys):
                raise UsageError(f"{axis} of --space and {name} of --hyper are one: give one")


def recipe(
    search: Search,
    plan: Plan,
    n_validation: int,
    stages: tuple[Tries, Tries, Tries],
    chosen: Mapping[str, Configuration],
) -> dict[str, Any]:
    """Return the content of the recipe's file, with its evidence."""
    training, preset, dataset = plan.trainings[0], plan.preset.name, plan.dataset.name
    first, finals, tested = stages
    variants = {
        name: {
            "configuration": dict(own),
            "tries": [[dict(c), value] for c, value in first[name]],
            "finals": [[dict(c), value] for c, value in finals[name]],
            "test": [[dict(c), value] for c, value in tested.get(name, [])],
        }
        for name, own in sorted(chosen.items())
    }
    space = ",".join(f"{axis}={'|'.join(values)}" for axis, values in search.space.items())
    return {
        "name": f"{dataset.replace(':', '-')}-{preset}",
        "dataset": dataset,
        "preset": preset,
        "arch": plan.arch,
        "steps": training.steps,
        "batch": training.batch,
        "metric": plan.primary,
        "space": {axis: list(values) for axis, values in search.space.items()},
        "trials": search.trials,
        "sampler": search.sampler,
        "variants": variants,
        "command": f"ganbench tune --dataset {dataset} --preset {preset} --space '{space}' "
        f"--trials {search.trials} --sampler {search.sampler}",
        "split": "validation",
        "n_validation": n_validation,
        "git_sha": provenance.commit()[0],
    }
