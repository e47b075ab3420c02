"""Budgets that grow: a training goes on from the state that a smaller budget kept.

All random numbers follow from the seed and the number of the step, so that it ends with the values
of a training that had the larger budget from the start. A method whose hyper-parameters follow a
schedule over the whole budget is trained anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from glob import escape
from typing import TYPE_CHECKING, Any

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.lazy import torch
from ganbench.experiment import kept_models
from ganbench.experiment.make_records import Progress
from ganbench.experiment.record_files import read_record
from ganbench.experiment.records import BUDGET, Measurement, Record, Training, Unit
from ganbench.experiment.store import Store

if TYPE_CHECKING:
    from torch import Tensor

    from ganbench.evaluation.evaluator import Evaluator


def checkpoints_of(training: Training) -> list[int]:
    """Return the generator updates after which a training is measured."""
    n = training.checkpoints
    return [round(training.steps * (i + 1) / n) for i in range(n)]


def follows_schedule(training: Training) -> bool:
    """Return whether a hyper-parameter of a training follows a schedule over its budget."""
    from ganbench.experiment.resolve import overrides

    schedules = registry.variants.get(training.variant).schedules
    return bool(set(schedules) - set(overrides(training, list(training.by_seed))))


def smaller(store: Store, unit: Unit, seed: int) -> dict[int, Record]:
    """Return ``{generator updates: record}`` of one seed with smaller budgets, all kept."""
    training, device = unit.training, unit.device.partition(":")[0]
    stem = training.run_id(seed).rsplit("-", 2)[0]
    fields = training.recorded(seed).model_dump(exclude=BUDGET)
    found = {}
    for path in (store.out / "records").glob(f"{escape(stem)}-*-s{seed}.json"):
        record = read_record(path)
        own = record.training
        if (
            record.status in ("ok", "diverged")
            and record.device == device  # its random numbers are others
            and own.steps < training.steps
            and own.model_dump(exclude=BUDGET) == fields
            and kept_models.is_whole(store.model_path(record.run_id))
        ):
            found[own.steps] = record
    return found


def start_of(unit: Unit, store: Store) -> dict[int, Record]:
    """Return the records ``{seed: record}`` from whose states a unit goes on; empty if from none.

    All seeds of a unit start from the same budget, the largest that all have.
    """
    training = unit.training
    if training.control or follows_schedule(training):
        return {}
    found = {seed: smaller(store, unit, seed) for seed in unit.seeds}
    common = set.intersection(*(set(of_seed) for of_seed in found.values()))
    return {seed: of_seed[max(common)] for seed, of_seed in found.items()} if common else {}


def say_starts(units: Sequence[Unit], store: Store) -> list[str]:
    """Return sentences about the trainings that go on from a smaller budget, if any do."""
    from_steps: Counter[int] = Counter()
    anew: list[str] = []
    for unit in units:
        start = start_of(unit, store)
        if start:
            from_steps[next(iter(start.values())).training.steps] += len(start)
        elif not unit.training.control and any(smaller(store, unit, s) for s in unit.seeds):
            anew.append(unit.training.variant)
    said = [
        f"{n} go on from {steps:,} generator updates" for steps, n in sorted(from_steps.items())
    ]
    if anew:
        names = ", ".join(dict.fromkeys(anew))
        said.append(f"trained anew, as they follow a schedule over the whole budget: {names}")
    return said


def drop_smaller(units: Sequence[Unit], store: Store) -> None:
    """Forget the kept states of smaller budgets, now that all seeds have that of a larger one.

    Their records and samples stay.
    """
    for unit in units:
        for seed in unit.seeds:
            if kept_models.is_whole(store.model_path(unit.training.run_id(seed))):
                for record in smaller(store, unit, seed).values():
                    store.drop_model(record.run_id)


def go_on(
    unit: Unit, population: Any, evaluator: Evaluator, store: Store, begun: Progress
) -> Progress:
    """Bring ``population`` to kept states, and return what was measured up to there.

    Args:
        begun: the progress of a training that has just begun; it is returned where there are no
            kept states, or where they are damaged or belong to different steps.
    """
    start = start_of(unit, store)
    if not start:
        return begun
    try:
        kept = [kept_models.read(store.model_path(start[seed].run_id)) for seed in unit.seeds]
        restore_states(population, kept)
    except (UsageError, ValueError):
        return begun
    return _progress(start, evaluator, unit.training, population.step, begun)


def restore_states(
    population: Any, kept: Sequence[tuple[dict[str, Any], dict[str, Tensor]]]
) -> None:
    """Bring every lane of ``population`` to its kept state (``kept_models.read``).

    Raises:
        ValueError: they are of other networks, or of different steps; nothing is changed.
    """
    from ganbench.training.state import flatten, stack, unstack

    if len({described["steps"] for described, _ in kept}) > 1:
        raise ValueError("lanes of different steps")
    like = unstack(population.state, 0)
    lanes = [kept_models.state_of(tensors, like) for _, tensors in kept]
    diverged = [described.get("diverged_at") for described, _ in kept]
    saved = {f"state{path}": leaf for path, leaf in flatten(stack(lanes)).items()}
    population.load_state_dict(
        saved
        | {
            "step": torch.tensor(kept[0][0]["steps"]),
            "alive": torch.tensor([at is None for at in diverged]),
            "diverged_at": torch.tensor([-1 if at is None else at for at in diverged]),
            "logs": torch.stack([tensors[kept_models.LOGS] for _, tensors in kept], 1),
        }
    )


def _progress(
    start: dict[int, Record], evaluator: Evaluator, training: Training, step: int, new: Progress
) -> Progress:
    """Return the progress of ``training`` that has come to ``step``, as ``new`` tells the rest."""
    last = [record.measurements[-1] for record in start.values() if record.measurements]
    new.train_s += max((m.train_s for m in last), default=0.0) * len(start)
    new.train_cpu_s += max((m.train_cpu_s or 0.0 for m in last), default=0.0) * len(start)
    new.started_at = min(record.started_at for record in start.values())
    new.done = sum(place <= step for place in checkpoints_of(training))
    for seed, record in start.items():
        end = step if record.diverged_at is None else record.diverged_at
        kept = on_the_grid(record.measurements, training, end, evaluator)
        new.measurements[seed] = [m.model_dump() for m in kept]
        at_last = bool(kept) and kept[-1].g_steps == record.measurements[-1].g_steps
        new.frequencies[seed] = record.frequencies if at_last else None
    return new


def on_the_grid(
    measured: Sequence[Measurement], training: Training, step: int, evaluator: Evaluator
) -> list[Measurement]:
    """Return what is kept of the measurements of a smaller budget, up to ``step``.

    Those at the checkpoints of ``training``, if there is one for each, as a training that had this
    budget from the start; otherwise all, so that nothing is lost.
    """
    by_step = {m.g_steps: m for m in measured}
    grid = [place for place in checkpoints_of(training) if place <= step]
    whole = grid and all(place in by_step for place in grid)
    places = grid if whole else sorted(by_step)
    early, metrics = measured_early(evaluator)
    return [
        by_step[place].model_copy(
            update={
                "checkpoint": i,
                "values": {k: v for k, v in by_step[place].values.items() if k in early},
                "unmeasured": {k: v for k, v in by_step[place].unmeasured.items() if k in metrics},
            }
        )
        for i, place in enumerate(places, 1)
    ]


def measured_early(evaluator: Evaluator) -> tuple[set[str], set[str]]:
    """Return the quantities that are measured before the last checkpoint, and their metrics."""
    names, metrics = set(), set()
    for metric in evaluator.metrics:
        wanted = evaluator.measured_at(metric, final=False)
        if wanted and not metric.needs.of_training:
            names |= {name for name, q in evaluator.quantities(metric).items() if q.key in wanted}
            metrics.add(metric.name)
    return names, metrics
