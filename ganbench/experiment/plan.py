"""From a request to trainings and units.

Everything is checked here, before anything is trained.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ganbench.core import registry
from ganbench.core.cache import digest
from ganbench.core.kinds import Backend, Data, Dataset, Preset, Variant
from ganbench.experiment.records import BUDGET, Training, Unit, file_name
from ganbench.experiment.request import Request, choose_variants, seed_list
from ganbench.experiment.screening import NOISE_SEEDS, is_screening, same_gradients
from ganbench.experiment.trainings import Setting, control_trainings, fitting_trainings, settle


@dataclass(frozen=True)
class Plan:
    """The trainings of a request.

    Attributes:
        arch: the architecture with the options that differ from its defaults.
        primary: the quantity by which variants are ranked first.
        trainings: of the variants. controls: what is measured beside them, without training.
        seeds: of every variant. more_seeds: ``{variant: seeds}`` of those that have others.
        skipped: ``{variant: reason}`` of the variants that do not fit.
        notes: what a user is told of how the data were read.
    """

    preset: Preset
    dataset: Dataset
    arch: str
    primary: str
    trainings: tuple[Training, ...]
    controls: tuple[Training, ...]
    seeds: tuple[int, ...]
    skipped: dict[str, str]
    device: str
    backend: Backend
    together: bool
    more_seeds: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    keep: str = "auto"
    film: bool = False
    unit_timeout: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of its run directory where none is given; the same for every budget."""
        grow = {"data_dir", *BUDGET}
        trainings = [t.model_dump(mode="json", exclude=grow) for t in self.trainings]
        follow = dict.fromkeys(("backend", "more_seeds"))  # from the budget
        identity = digest(self.to_json() | {"trainings": trainings} | follow)[:8]
        return f"{file_name(self.dataset.name)}-{self.preset.name}-{identity}"

    def to_json(self) -> dict[str, Any]:
        """Return the content of ``plan.json``, without paths of this machine."""
        return {
            "suite": self.preset.name,
            "dataset": self.dataset.name,
            "device": self.device,
            "backend": self.backend.name,
            "seeds": list(self.seeds),
            "more_seeds": {name: list(seeds) for name, seeds in self.more_seeds.items()},
            "trainings": [t.model_dump(mode="json", exclude={"data_dir"}) for t in self.trainings],
            "controls": [control.variant for control in self.controls],
            "skipped": self.skipped,
        }

    def seeds_of(self, training: Training) -> tuple[int, ...]:
        """Return the seeds of a training: of a control its draws, in a search its tries."""
        if training.control:
            return tuple(range(registry.controls.get(training.control).draws))
        if training.by_seed:
            return tuple(training.by_seed)
        return self.more_seeds.get(training.variant, self.seeds)

    def units(self, ended: Collection[str] = (), begun: Sequence[Unit] = ()) -> list[Unit]:
        """Return the units still to do: controls, then one seed of every variant, the second ...

        Where lanes are trained together, a unit holds all the seeds of a variant. The longest
        trainings come first in each round, so that all workers end at about the same time.

        Args:
            ended: run ids of the seeds that are done.
            begun: units that were begun before: their seeds are trained together again, though
                some may be done, as the numbers of a lane depend on how many there are.
        """
        units: list[tuple[tuple[int, int], Unit]] = []
        for training in (*self.controls, *self.trainings):
            every = self.seeds_of(training)
            turns, took = {seed: 1 + i for i, seed in enumerate(every)}, length(training)
            run_ids = zip(every, training.run_ids(every), strict=True)
            seeds = [seed for seed, run_id in run_ids if run_id not in ended]
            for group in self._groups(training, seeds, begun):
                unit = Unit(
                    training=training,
                    arch=self.arch,
                    seeds=group,
                    device=self.device,
                    backend=self.backend.name,
                    keep=self.keep,  # type: ignore[arg-type]
                    film=self.film,
                )
                turn = 0 if training.control else turns[group[0]]
                units.append(((turn, -took), unit))
        return [unit for _, unit in sorted(units, key=lambda entry: entry[0])]

    def _groups(
        self, training: Training, seeds: Sequence[int], begun: Sequence[Unit]
    ) -> list[tuple[int, ...]]:
        """Return the seeds that are still to do as those of units."""
        left, groups = list(seeds), []
        for unit in begun:
            if self._goes_on(unit, training) and set(unit.seeds) & set(left):
                groups.append(unit.seeds)
                left = [seed for seed in left if seed not in unit.seeds]
        together = self.together or training.control
        groups += [tuple(left)] if together else [(seed,) for seed in left]
        return [group for group in groups if group]

    def _goes_on(self, begun: Unit, training: Training) -> bool:
        same = (begun.arch, begun.device, begun.backend) == (
            self.arch, self.device, self.backend.name
        )  # fmt: skip
        planned = set(begun.seeds) <= set(self.seeds_of(training))
        return same and planned and begun.again is None and begun.training == training


def length(training: Training) -> int:
    """Return the updates of D in a training, with those that its game unrolls; 0 for a control."""
    if training.control:
        return 0
    variant, game = registry.variants.get(training.variant), registry.games.get(training.game)
    return training.steps * (variant.d_steps + game.unrolled)


def make_plan(request: Request) -> tuple[Plan, Data]:
    """Check ``request`` and return its plan, with the data it loaded on the way.

    Raises:
        UsageError: anything in the request that cannot be done.
    """
    from ganbench.evaluation.choose import primary_quantity
    from ganbench.training.build import trained_together

    request.check()
    setting = settle(request)
    default = setting.dataset.variants or setting.preset.variants
    variants = choose_variants(request.variants or default)
    asked = request.seeds
    seeds = seed_list(_default_seeds(setting) if asked is None else asked)
    trainings, skipped = fitting_trainings(request, setting, variants)
    common = setting.common
    metrics = [registry.metrics.get(name) for name in common.metrics]
    plan = Plan(
        preset=setting.preset,
        dataset=setting.dataset,
        arch=setting.arch_label,
        primary=primary_quantity(setting.dataset, common.features, metrics),
        trainings=trainings,
        controls=() if request.no_controls else control_trainings(setting),
        seeds=seeds,
        skipped=skipped,
        device=setting.device,
        backend=setting.backend,
        together=trained_together(setting.arch, setting.device),
        keep=request.keep,
        film=request.film,
        unit_timeout=request.unit_timeout,
        notes=setting.data.notes,
    )
    if asked is None and is_screening(len(seeds), min(t.steps for t in trainings)):
        plan = replace(plan, more_seeds=_noise_seeds(plan, variants))
    return plan, setting.data


def _default_seeds(setting: Setting) -> int:
    return setting.budget.seeds or setting.preset.seeds


def _noise_seeds(plan: Plan, variants: list[Variant]) -> dict[str, tuple[int, ...]]:
    """Return the seeds of the A/A pair in a screening, which measure its noise."""
    trained = {t.variant for t in plan.trainings}
    pairs = same_gradients([v for v in variants if v.name in trained])
    seeds = tuple(range(max(NOISE_SEEDS, len(plan.seeds))))
    return {name: seeds for pair in pairs for name in pair}
