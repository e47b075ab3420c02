"""The trainings of a request: what is common to all, and what each variant and control has."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from ganbench.core import registry
from ganbench.core.cache import digest
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Arch, Backend, Budget, Data, Dataset, Extractor, Preset, Variant
from ganbench.core.memory import check_memory
from ganbench.data._validation import validation_split
from ganbench.experiment.memory import training_bytes
from ganbench.experiment.recipes import Recipe, constants, load_recipe
from ganbench.experiment.records import CONTROL, Training
from ganbench.experiment.request import Request, choose_device, parse_arch, seed_list


@dataclass(frozen=True)
class Setting:
    """A request with its names resolved.

    Attributes:
        arch_label: the architecture with the options that differ from its defaults.
        budget: the data set's own in this preset.
        checkpoints: as asked for; a training has at most one a step.
        common: what all trainings share, controls being trainings without a game.
    """

    preset: Preset
    dataset: Dataset
    data: Data
    arch: Arch
    arch_label: str
    budget: Budget
    device: str
    backend: Backend
    recipe: Recipe
    checkpoints: int
    common: Training


def choose_preset(request: Request, device: str) -> Preset:
    """Return the preset asked for, or the device's default for these variants."""
    if request.preset is not None:
        return registry.presets.get(request.preset)
    kind = device.partition(":")[0]
    defaults = [p for p in registry.presets.items() if p.default_on == kind]
    same = [p for p in defaults if p.variants == request.variants]
    return (same or defaults)[0]


def settle(request: Request) -> Setting:
    """Resolve the names in ``request`` and load its data.

    Raises:
        UsageError: a name is unknown, the data cannot be had, or the features do not read them.
    """
    from ganbench.evaluation.choose import load_extractor
    from ganbench.evaluation.choose_features import AUTO, choose_features
    from ganbench.evaluation.given import Side
    from ganbench.evaluation.measure import extract
    from ganbench.training.build import choose_backend

    dataset = registry.datasets.get(request.dataset)
    device = choose_device(request.device)
    preset = choose_preset(request, device)
    data_dir = request.data_dir or dataset.location
    data = dataset.data(data_dir, request.reading)
    dataset = dataset.settle(dataset, data)
    arch, options = parse_arch(request.arch or dataset.arch)
    asked = request.features or dataset.features
    features, why = choose_features(Side("real", data.test), asked, often=True)
    if asked == AUTO:
        data = replace(data, notes=(*data.notes, why))
    extractor = load_extractor(features)
    extract(extractor, data.test[:1])  # what the features refuse is refused before any training
    budget = dataset.budgets.get(preset.name, Budget())
    checkpoints = request.checkpoints or budget.checkpoints or preset.checkpoints
    metrics = _metrics(request, dataset, data, extractor, checkpoints)
    if request.validation:
        data = validation_split(data, dataset.n_validation)
    recipe = load_recipe(
        request.recipe, dataset.name, preset.name, arch.label(options), dataset.recipes
    )
    given: dict[str, Any] = {
        "dataset": dataset.name,
        "dataset_sha256": data.sha256,
        "arch": arch.name,
        "arch_options": options,
        "features": extractor.key,
        "metrics": metrics,
        "data_dir": data_dir,
        "recipe": recipe.name,
        "recipe_sha256": recipe.sha256,
        "reading": request.reading,
    }
    batch = _batch(request, dataset, budget, data)
    common = _common(request, preset, budget, batch, checkpoints, given)
    return Setting(
        preset=preset,
        dataset=dataset,
        data=data,
        arch=arch,
        arch_label=arch.label(options),
        budget=budget,
        device=device,
        backend=choose_backend(request.backend, device, common.steps),
        recipe=recipe,
        checkpoints=checkpoints,
        common=common,
    )


def _common(
    request: Request,
    preset: Preset,
    budget: Budget,
    batch: int,
    checkpoints: int,
    given: dict[str, Any],
) -> Training:
    """Return what all trainings share."""
    from ganbench.training.streams import CHUNK

    images = request.images_seen
    amount = images or request.steps or budget.steps or preset.steps
    steps = amount if images is None else math.ceil(amount / batch)
    return Training(
        **given,
        variant=CONTROL,
        budget_unit="g_steps" if images is None else "images_seen",
        budget=amount,
        steps=steps,
        batch=batch,
        checkpoints=min(checkpoints, steps),
        game="",
        dtype=request.dtype,
        ema=(budget.ema if request.ema is None else request.ema) or None,
        base_seed=request.base_seed,
        suite=preset.name,
        n_real=preset.n_real,
        n_fake=budget.n_fake or preset.n_fake,
        networks="same" if request.same_networks else "own",
        hyper=dict(request.hyper),
        chunk=CHUNK,
        validation=request.validation,
    )


def variant_training(setting: Setting, variant: Variant, game: str) -> Training:
    """Return the training of one variant."""
    common, steps = setting.common, setting.common.steps
    if common.budget_unit == "images_seen":
        steps = math.ceil(common.budget / (common.batch * variant.d_steps))
    return common.model_copy(
        update={
            "variant": variant.name,
            "arch_options": arch_options(setting, variant),
            "steps": steps,
            "checkpoints": min(setting.checkpoints, steps),
            "game": game,
            "method": method_digest(variant),
            "constants": constants(variant, setting.recipe, setting.data),
        }
    )


def arch_options(setting: Setting, variant: Variant) -> dict[str, Any]:
    """Return the options of the arch for ``variant``, with its normalisation unless refused."""
    options = setting.common.arch_options
    if setting.common.networks == "same":
        return options
    return setting.arch.options_for(variant, options)


def control_trainings(setting: Setting) -> tuple[Training, ...]:
    """Return a training for each control that fits the data."""
    return tuple(
        setting.common.model_copy(update={"variant": CONTROL + control.name})
        for control in registry.controls.items()
        if not control.fits(setting.data)
    )


def method_digest(variant: Variant) -> str:
    """Return a digest of all constants that ``variant`` declares."""
    declared = {key: repr(value) for key, value in sorted(variant.declared().items())}
    fields = ("equation", "d_steps", "d_outputs", "game")
    return digest({"declared": declared, **{key: getattr(variant, key) for key in fields}})[:12]


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


def fitting_trainings(
    request: Request, setting: Setting, variants: list[Variant]
) -> tuple[tuple[Training, ...], dict[str, str]]:
    """Return the trainings of the variants that fit, and why the others are skipped.

    Raises:
        UsageError: the arch does not fit the data, or no variant fits.
    """
    from ganbench.training.build import (
        check_arguments,
        choose_game,
        hyper_targets,
        network_builder,
        network_shape,
        trained_together,
    )

    arch, data = setting.arch, setting.data
    if reason := arch.fits(data.train.shape[1:]):
        fitting = [a.name for a in registry.archs.items() if not a.fits(data.train.shape[1:])]
        raise UsageError(
            f"arch {arch.name} does not fit {setting.dataset.name}: {reason}; "
            f"try {' or '.join(fitting)}"
        )
    network_shape(arch, data)  # or this arch cannot serve any variant
    asked = 1 if request.seeds is None else len(seed_list(request.seeds))
    lanes = asked if trained_together(arch, setting.device) else 1
    trainings: list[Training] = []
    skipped = {}
    first: Variant | None = None
    for variant in variants:
        try:
            build = network_builder(arch, arch_options(setting, variant), data, variant)
            needed = training_bytes(build, data, lanes, request.dtype)
            game = choose_game(variant, request.game)
            for key in request.hyper:
                hyper_targets(variant, game, key)
        except UsageError as error:
            skipped[variant.name] = str(error)
            continue
        if not request.force:
            check_memory(
                f"{variant.name} on {setting.arch_label}",
                needed,
                "a smaller --arch or fewer --seeds needed, or --force to try",
            )
        first = first or variant
        trainings.append(variant_training(setting, variant, game))
    if first is None:
        raise UsageError("nothing to train: " + "; ".join(skipped.values()))
    one = trainings[0]
    check_arguments(first, data.train, [0], one.batch, one.steps, one.game, one.ema)
    return tuple(trainings), skipped
