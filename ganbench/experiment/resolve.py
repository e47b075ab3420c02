"""From names to things, in one place: data, population and evaluator of a training.

``ganbench.run`` and ``plan`` come here with a ``Training``, ``ganbench.train`` and ``ganbench
verify`` with objects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Arch, ControlInput, Data, Variant
from ganbench.core.seeds import derive
from ganbench.data._validation import validation_split
from ganbench.evaluation.choose import load_extractor
from ganbench.evaluation.evaluator import Evaluator
from ganbench.experiment.records import Training
from ganbench.experiment.request import DTYPES, Settings, choose_device


def load_data(training: Training) -> Data:
    """Return the data of a training.

    Raises:
        UsageError: they cannot be had, or are no longer those that it was planned for.
    """
    dataset = registry.datasets.get(training.dataset)
    data = dataset.data(training.data_dir, training.reading)
    if training.validation:
        data = validation_split(data, dataset.n_validation)
    if data.sha256 != training.dataset_sha256:
        raise UsageError(f"{training.dataset} has changed since the run was planned: run it again")
    return data


def make_population(
    variant: Variant,
    arch: Arch,
    options: Mapping[str, Any],
    dataset: str,
    data: Data,
    seeds: Sequence[int],
    batch: int,
    steps: int,
    settings: Settings = Settings(),  # noqa: B008 (frozen)
) -> Any:
    """Return the untrained ``training.population.Population``.

    Args:
        options: of ``arch``. dataset: the data set's name, a part of every seed.

    Raises:
        UsageError: a combination that does not fit.
    """
    import torch

    from ganbench.training.build import choose_backend, network_builder, trained_together
    from ganbench.training.population import Population

    device = choose_device(settings.device)
    return Population(
        variant,
        network_builder(arch, options, data, variant),
        data.train,
        dataset,
        seeds,
        batch,
        steps,
        game=settings.game,
        hyper=settings.hyper,
        ema=settings.ema,
        base_seed=settings.base_seed,
        dtype=getattr(torch, DTYPES[settings.dtype]),
        device=device,
        backend=choose_backend(settings.backend, device, steps).name,
        together=trained_together(arch, device),
        labels=data.train_labels if arch.conditional else None,
        tf32=settings.dtype == "tf32",
    )


def built_with(training: Training, data: Data) -> dict[str, Any]:
    """Return what the networks of a training are built with beside the options of its arch."""
    from ganbench.training.build import network_shape

    return network_shape(registry.archs.get(training.arch), data)[1]


def control_builder(training: Training, data: Data) -> Any:
    """Return a function that builds the networks of a control, from torch's random state."""
    from ganbench.training.build import network_shape

    arch = registry.archs.get(training.arch)
    shape, added = network_shape(arch, data)
    return partial(arch.build, shape, **training.arch_options, **added)


def control_samples(training: Training, data: Data, draw: int, n: int) -> np.ndarray:
    """Return the ``n`` samples of one draw of a control, ``[n, *shape]``."""
    control = registry.controls.get(training.control)
    seed = derive(training.base_seed, "control", training.dataset, control.name, draw)
    builder = control_builder(training, data)
    return control.sample(ControlInput(data, builder, np.random.default_rng(seed), seed), n)


def overrides(training: Training, seeds: Sequence[int] = ()) -> dict[str, Any]:
    """Return the hyper-parameters that differ from the variant's own: the user's word is last.

    Those of a search are lists, one number for each of ``seeds``.
    """
    from ganbench.training.build import hyper_targets

    variant = registry.variants.get(training.variant)
    own = [training.by_seed[seed] for seed in seeds] if training.by_seed else []
    searched = {key: [values[key] for values in own] for key in own[0]} if own else {}
    return {
        target: value
        for asked in (training.constants, searched, training.hyper)
        for key, value in asked.items()
        for target in hyper_targets(variant, training.game, key)
    }


def population_of(
    training: Training, seeds: Sequence[int], data: Data, device: str, backend: str
) -> Any:
    """Return the untrained population of a training."""
    settings = Settings(
        game=training.game, hyper=overrides(training, seeds), dtype=training.dtype, device=device,
        backend=backend, ema=training.ema, base_seed=training.base_seed,
    )  # fmt: skip
    return make_population(
        registry.variants.get(training.variant),
        registry.archs.get(training.arch),
        training.arch_options,
        training.dataset,
        data,
        seeds,
        training.batch,
        training.steps,
        settings,
    )


def evaluator_of(training: Training, data: Data) -> Evaluator:
    """Return the evaluator of a training, its protocol being part of it."""
    return Evaluator(
        dataset=registry.datasets.get(training.dataset),
        data=data,
        extractor=load_extractor(training.features),
        metrics=tuple(registry.metrics.get(name) for name in training.metrics),
        n_real=training.n_real,
        n_fake=training.n_fake,
        context={
            "weights": "raw" if training.ema is None else f"ema {training.ema}, ramped up",
            "dtype": training.dtype,
            "budget_unit": training.budget_unit,
            "budget": training.budget,
            "batch": training.batch,
            "networks": training.networks,
            "recipe": training.recipe,
            "recipe_sha256": training.recipe_sha256,
            "hyper": training.hyper,
            "chunk": training.chunk,
            "validation": training.validation,
        },
    )
