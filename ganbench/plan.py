"""From a request (variants, data set, preset ...) to trainings and units.

Everything is checked here, before anything is trained.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ganbench import registry
from ganbench.cache import digest
from ganbench.errors import UsageError
from ganbench.selection import choose_metrics, choose_variants
from ganbench.spec import Arch, Budget, Data, Dataset, Suite, Variant
from ganbench.store import Training, Unit, file_name

DTYPES = ("float32", "float64")


@dataclass(frozen=True)
class Request:
    """What the user asked for; ``None`` means the default of the preset or the data set."""

    variants: tuple[str, ...] = ("all",)
    dataset: str = "mnist"
    arch: str | None = None
    preset: str | None = None
    seeds: int | tuple[int, ...] | None = None
    images_seen: int | None = None
    checkpoints: int | None = None
    batch: int | None = None
    game: str | None = None
    hyper: Mapping[str, float] = field(default_factory=dict)
    dtype: str = "float32"
    device: str = "auto"
    ema: float | None = None
    base_seed: int = 0
    features: str | None = None
    metrics: str = "default"
    data_dir: str | None = None
    backend: str = "auto"


@dataclass(frozen=True)
class Plan:
    """What a request comes to.

    Attributes:
        skipped: ``{variant: reason}`` of the variants that do not fit.
    """

    suite: Suite
    dataset: Dataset
    trainings: tuple[Training, ...]
    seeds: tuple[int, ...]
    skipped: dict[str, str]
    device: str
    backend: str

    @property
    def primary(self) -> str:
        """The quantity by which variants are ranked first."""
        from ganbench.evaluate import primary

        first = self.trainings[0]
        return primary(self.dataset, first.features, first.metrics)

    @property
    def name(self) -> str:
        """The name of its run directory where none is given."""
        trainings = [t.model_dump(mode="json") | {"data_dir": None} for t in self.trainings]
        identity = digest(self.to_json() | {"trainings": trainings})[:8]
        return f"{file_name(self.dataset.name)}-{self.suite.name}-{identity}"

    def to_json(self) -> dict[str, Any]:
        """Return what ``plan.json`` holds."""
        return {
            "suite": self.suite.name,
            "dataset": self.dataset.name,
            "device": self.device,
            "backend": self.backend,
            "seeds": list(self.seeds),
            "trainings": [training.model_dump(mode="json") for training in self.trainings],
            "skipped": self.skipped,
        }

    def units(self, done: Callable[[Training, int], bool]) -> list[Unit]:
        """Return the units still to do: one seed of every variant before the second of any.

        Where one program for many seeds pays, a unit holds all the seeds of a variant.
        """
        units: list[tuple[int, Unit]] = []
        for training in self.trainings:
            seeds = [seed for seed in self.seeds if not done(training, seed)]
            groups = [tuple(seeds)] if self.backend != "loop" else [(seed,) for seed in seeds]
            for group in filter(None, groups):
                unit = Unit(
                    training=training, seeds=group, device=self.device, backend=self.backend
                )
                units.append((self.seeds.index(group[0]), unit))
        return [unit for _, unit in sorted(units, key=lambda pair: pair[0])]


def parse_arch(spec: str) -> tuple[Arch, dict[str, Any]]:
    """Return the arch and all its options from ``name`` or ``name:key=value,key=value``.

    Raises:
        UsageError: unknown name or option, or a value of the wrong type.
    """
    name, _, rest = spec.partition(":")
    arch = registry.get("arch", name)
    options = dict(arch.options)
    for item in filter(None, rest.split(",")):
        key, _, text = item.partition("=")
        if key not in options:
            known = ", ".join(options) or "none"
            raise UsageError(f"arch {name} has no option {key!r}; its options: {known}")
        try:
            options[key] = type(options[key])(text)
        except ValueError:
            kind = type(options[key]).__name__
            raise UsageError(f"arch {name}: {key} is {text!r}, {kind} needed") from None
    return arch, options


def parse_hyper(text: str) -> dict[str, float]:
    """Return ``{key: value}`` of ``key=value,key=value``.

    Raises:
        UsageError: something else.
    """
    found: dict[str, float] = {}
    for item in filter(None, text.split(",")):
        key, equals, value = item.partition("=")
        try:
            found[key.strip()] = float(value)
        except ValueError:
            raise UsageError(f"--hyper: {item!r} is not KEY=NUMBER") from None
    return found


def seed_list(seeds: int | tuple[int, ...]) -> tuple[int, ...]:
    """Return the repetitions 0..n-1 for a number, or the given ones.

    Raises:
        UsageError: none, negative or repeated seeds.
    """
    if isinstance(seeds, int):
        if seeds < 1:
            raise UsageError(f"--seeds is {seeds}: at least 1 needed")
        return tuple(range(seeds))
    if not seeds or min(seeds) < 0 or len(set(seeds)) != len(seeds):
        raise UsageError(f"seeds are {list(seeds)}: different numbers of at least 0 needed")
    return tuple(seeds)


def choose_device(device: str) -> str:
    """Return ``cpu`` or ``cuda``; ``auto`` takes CUDA where there is a usable device.

    Raises:
        UsageError: CUDA was asked for and is not there.
    """
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise UsageError("--device is cuda, but torch finds no usable CUDA device; try cpu")
    return device


def make_plan(request: Request) -> tuple[Plan, Data]:
    """Check ``request`` and return its plan, with the data it loaded on the way.

    Raises:
        UsageError: anything in the request that cannot be done.
    """
    from ganbench.evaluate import load_extractor
    from ganbench.train.backends import BACKENDS, choose
    from ganbench.train.games import find, resolve
    from ganbench.train.labelled import as_seen
    from ganbench.train.population import build_networks, hyper_targets

    if request.game is not None:
        find(request.game)
    variants = choose_variants(request.variants)
    dataset: Dataset = registry.get("dataset", request.dataset)
    device = choose_device(request.device)
    suite = registry.get("suite", request.preset or ("quick" if device == "cpu" else "standard"))
    budget = dataset.budgets.get(suite.name, Budget())
    wanted = request.seeds
    seeds = seed_list((budget.seeds or suite.seeds) if wanted is None else wanted)
    images = request.images_seen
    if images is None:
        images = budget.images_seen or suite.images_seen
    elif images < 1:
        raise UsageError(f"--budget is {images}: at least 1 image needed")
    checkpoints = suite.checkpoints if request.checkpoints is None else request.checkpoints
    if checkpoints < 1:
        raise UsageError(f"--checkpoints is {checkpoints}: at least 1 needed")
    if request.dtype not in DTYPES:
        raise UsageError(f"--dtype is {request.dtype!r}: {' or '.join(DTYPES)} needed")
    for key, value in request.hyper.items():
        if not math.isfinite(value):
            raise UsageError(f"--hyper: {key} is {value}, a finite number needed")
    if request.arch:
        parse_arch(request.arch)  # before a load that may be long

    data_dir = request.data_dir or dataset.location
    data = dataset.load(data_dir)
    dataset = dataset.settle(dataset, data)
    arch, options = parse_arch(request.arch or dataset.arch)
    backend = choose(request.backend, arch, device)
    if backend not in BACKENDS:
        raise UsageError(f"unknown backend {backend!r}; known: auto, {', '.join(BACKENDS)}")
    batch = (budget.batch or dataset.batch) if request.batch is None else request.batch
    if not 1 <= batch <= len(data.train):
        raise UsageError(
            f"--batch-size is {batch}: between 1 and the {len(data.train)} training samples"
            f" of {dataset.name}"
        )
    extractor = load_extractor(request.features or dataset.features)
    if extractor.key == dataset.classifier and extractor.trained_on not in ("", data.sha256):
        raise UsageError(
            f"{extractor.key} was trained on other files than these: run `ganbench prepare "
            f"{dataset.name}` again"
        )
    metrics = choose_metrics(request.metrics, dataset, data, extractor, checkpoints)

    shape = data.train.shape[1:]
    reason = arch.fits(shape)
    if reason:
        fitting = [a.name for a in registry.items("arch") if not a.fits(shape)]
        raise UsageError(
            f"arch {arch.name} does not fit {dataset.name}: {reason}; try {' or '.join(fitting)}"
        )
    shape, built_with = as_seen(arch, options, data)
    trainings, skipped = [], {}
    for variant in variants:
        try:
            build_networks(arch, built_with, shape, variant)
            game = resolve(variant, request.game)
            for key in request.hyper:
                hyper_targets(variant, game, key)
        except UsageError as error:
            skipped[variant.name] = str(error)
            continue
        steps = max(1, math.ceil(images / (batch * variant.d_steps)))
        trainings.append(
            Training(
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
                suite=suite.name,
                features=extractor.key,
                metrics=metrics,
                n_real=suite.n_real,
                n_fake=budget.n_fake or suite.n_fake,
                data_dir=data_dir,
            )
        )
    if not trainings:
        raise UsageError("nothing to train: " + "; ".join(skipped.values()))
    _check_training(request, trainings[0], data, variants)
    plan = Plan(suite, dataset, tuple(trainings), seeds, skipped, device, backend)
    return plan, data


def _check_training(
    request: Request, training: Training, data: Data, variants: list[Variant]
) -> None:
    from ganbench.train.population import check

    variant = next(v for v in variants if v.name == training.variant)
    check(variant, data.train, [0], training.batch, training.steps, training.game, request.ema)
