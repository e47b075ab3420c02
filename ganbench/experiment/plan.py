"""From a request to trainings and units.

Everything is checked here, before anything is trained.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ganbench.core import registry
from ganbench.core.cache import digest
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Arch, Backend, Budget, Data, Dataset, Extractor, Preset, Variant
from ganbench.experiment.records import Training, Unit, file_name
from ganbench.experiment.request import (
    Request,
    choose_device,
    choose_variants,
    parse_arch,
    seed_list,
)


@dataclass(frozen=True)
class Plan:
    """The trainings of a request.

    Attributes:
        arch: the architecture with the options that differ from its defaults.
        primary: the quantity by which variants are ranked first.
        skipped: ``{variant: reason}`` of the variants that do not fit.
    """

    preset: Preset
    dataset: Dataset
    arch: str
    primary: str
    trainings: tuple[Training, ...]
    seeds: tuple[int, ...]
    skipped: dict[str, str]
    device: str
    backend: Backend

    @property
    def name(self) -> str:
        """The name of its run directory where none is given."""
        trainings = [t.model_dump(mode="json") | {"data_dir": None} for t in self.trainings]
        identity = digest(self.to_json() | {"trainings": trainings})[:8]
        return f"{file_name(self.dataset.name)}-{self.preset.name}-{identity}"

    def to_json(self) -> dict[str, Any]:
        """Return the content of ``plan.json``."""
        return {
            "suite": self.preset.name,
            "dataset": self.dataset.name,
            "device": self.device,
            "backend": self.backend.name,
            "seeds": list(self.seeds),
            "trainings": [training.model_dump(mode="json") for training in self.trainings],
            "skipped": self.skipped,
        }

    def units(self, done: Callable[[Training, int], bool]) -> list[Unit]:
        """Return the units still to do: one seed of every variant before the second of any.

        Where the backend trains lanes together, a unit holds all the seeds of a variant.
        """
        units: list[tuple[int, Unit]] = []
        for training in self.trainings:
            seeds = [seed for seed in self.seeds if not done(training, seed)]
            groups = [tuple(seeds)] if self.backend.together else [(seed,) for seed in seeds]
            for group in filter(None, groups):
                unit = Unit(
                    training=training,
                    arch=self.arch,
                    seeds=group,
                    device=self.device,
                    backend=self.backend.name,
                )
                units.append((self.seeds.index(group[0]), unit))
        return [unit for _, unit in sorted(units, key=lambda entry: entry[0])]


def make_plan(request: Request) -> tuple[Plan, Data]:
    """Check ``request`` and return its plan, with the data it loaded on the way.

    Raises:
        UsageError: anything in the request that cannot be done.
    """
    from ganbench.evaluation.choose import load_extractor, primary_quantity
    from ganbench.training.build import choose_backend

    request.check()
    variants = choose_variants(request.variants)
    dataset = registry.datasets.get(request.dataset)
    device = choose_device(request.device)
    preset = registry.presets.get(request.preset or ("quick" if device == "cpu" else "standard"))
    budget = dataset.budgets.get(preset.name, Budget())
    asked = request.seeds
    seeds = seed_list((budget.seeds or preset.seeds) if asked is None else asked)

    data_dir = request.data_dir or dataset.location
    data = dataset.load(data_dir)
    dataset = dataset.settle(dataset, data)
    arch, options = parse_arch(request.arch or dataset.arch)
    backend = choose_backend(request.backend, arch, device)
    batch = _batch(request, dataset, budget, data)
    extractor = load_extractor(request.features or dataset.features)
    checkpoints = request.checkpoints or preset.checkpoints
    metrics = _metrics(request, dataset, data, extractor, checkpoints)
    images = request.images_seen or budget.images_seen or preset.images_seen

    def training(variant: Variant, game: str) -> Training:
        steps = max(1, math.ceil(images / (batch * variant.d_steps)))
        return Training(
            variant=variant.name,
            dataset=dataset.name,
            dataset_sha256=data.sha256,
            arch=arch.name,
            arch_options=options,
            images_seen=images,
            steps=steps,
            batch=batch,
            checkpoints=min(checkpoints, steps),
            game=game,
            hyper=dict(request.hyper),
            dtype=request.dtype,
            ema=request.ema,
            base_seed=request.base_seed,
            suite=preset.name,
            features=extractor.key,
            metrics=metrics,
            n_real=preset.n_real,
            n_fake=budget.n_fake or preset.n_fake,
            data_dir=data_dir,
        )

    trainings, skipped = _fitting(request, variants, arch, options, dataset, data, training)
    primary = primary_quantity(dataset, extractor.key, metrics)
    label = arch.label(options)
    return Plan(preset, dataset, label, primary, trainings, seeds, skipped, device, backend), data


def _batch(request: Request, dataset: Dataset, budget: Budget, data: Data) -> int:
    batch = (budget.batch or dataset.batch) if request.batch is None else request.batch
    if not 1 <= batch <= len(data.train):
        raise UsageError(
            f"--batch-size is {batch}: between 1 and the {len(data.train)} training samples"
            f" of {dataset.name}"
        )
    return batch


def _metrics(
    request: Request, dataset: Dataset, data: Data, extractor: Extractor, checkpoints: int
) -> tuple[str, ...]:
    """Return the names of the metrics to measure."""
    from ganbench.evaluation.choose import choose_metrics, lacking_in_run

    if extractor.key == dataset.classifier and extractor.trained_on not in ("", data.sha256):
        raise UsageError(
            f"{extractor.key} was trained on other files than these: run `ganbench prepare "
            f"{dataset.name}` again"
        )
    default = [registry.metrics.get(name) for name in dataset.metrics]
    lacking = lacking_in_run(dataset, data, extractor, checkpoints)
    chosen = choose_metrics(request.metrics, {"default": default}, lacking, extractor.key)
    return tuple(metric.name for metric, _ in chosen)


def _fitting(
    request: Request,
    variants: list[Variant],
    arch: Arch,
    options: dict[str, Any],
    dataset: Dataset,
    data: Data,
    training: Callable[[Variant, str], Training],
) -> tuple[tuple[Training, ...], dict[str, str]]:
    """Return the trainings of the variants that fit, and why the others are skipped.

    Raises:
        UsageError: the arch does not fit the data, or no variant fits.
    """
    from ganbench.training.build import choose_game, hyper_targets, network_builder, network_shape
    from ganbench.training.population import check_arguments

    if reason := arch.fits(data.train.shape[1:]):
        fitting = [a.name for a in registry.archs.items() if not a.fits(data.train.shape[1:])]
        raise UsageError(
            f"arch {arch.name} does not fit {dataset.name}: {reason}; try {' or '.join(fitting)}"
        )
    network_shape(arch, data)  # or this arch cannot serve any variant
    trainings: list[Training] = []
    skipped = {}
    first: Variant | None = None
    for variant in variants:
        try:
            network_builder(arch, options, data, variant)()
            game = choose_game(variant, request.game)
            for key in request.hyper:
                hyper_targets(variant, game, key)
        except UsageError as error:
            skipped[variant.name] = str(error)
            continue
        first = first or variant
        trainings.append(training(variant, game))
    if first is None:
        raise UsageError("nothing to train: " + "; ".join(skipped.values()))
    one = trainings[0]
    check_arguments(first, data.train, [0], one.batch, one.steps, one.game, request.ema)
    return tuple(trainings), skipped
