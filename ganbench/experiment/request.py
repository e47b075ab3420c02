"""What the user asks for: the options of a run, spelled once, and the words in them.

The command line's options and the keywords of ``ganbench.run`` are the fields of ``Request``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ganbench.core import registry
from ganbench.core.duration import parse_duration
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Arch, Variant
from ganbench.core.kinds.arch import no_option
from ganbench.core.kinds.method_parts import check_hyper, hyper_range
from ganbench.core.limits import (
    LARGEST_SEED,
    MOST_CHECKPOINTS,
    MOST_IMAGES,
    MOST_SAMPLES,
    MOST_SEEDS,
    MOST_STEPS,
)
from ganbench.core.printable import shown
from ganbench.core.ranges import Range, whole

KEEP = ("auto", "none", "generator", "all")  # of trained models
DTYPES = {"float32": "float32", "tf32": "float32", "float64": "float64"}  # and of what tensors


def option(default: Any, flag: str, help: str, **more: Any) -> Any:
    """Return a field that is also the option ``flag`` of the command line.

    Args:
        more: what click is told beside: ``type``, ``range`` (of a number, checked in Python too),
            ``parse`` (``text -> value``).
    """
    metadata = {"flag": flag, "help": help, **more}
    if isinstance(default, dict):
        return field(default_factory=dict, metadata=metadata)
    return field(default=default, metadata=metadata)


def parse_hyper(text: str) -> dict[str, float]:
    """Return ``{key: value}`` of ``key=value,key=value``.

    Raises:
        UsageError: something else.
    """
    values: dict[str, float] = {}
    for item in filter(None, text.split(",")):
        key, given, value = (part.strip() for part in item.partition("="))
        if not (key and given and value):
            raise UsageError(f"--hyper: '{shown(item)}' is not KEY=NUMBER")
        if key in values:
            raise UsageError(f"--hyper: {shown(key)} is there twice")
        values[key] = hyper_range(key).parse(f"--hyper: {shown(key)}", value)
    return values


@dataclass(frozen=True)
class Settings:
    """How a variant is trained, beside its budget."""

    game: str | None = option(
        None, "--game", "Game algorithm; default: the variant's, or alternating.", type=str
    )
    hyper: Mapping[str, Any] = option(
        {}, "--hyper", "KEY=NUMBER,...: lr, d.beta1, gradient_penalty.weight ...", parse=parse_hyper
    )
    dtype: str = option(
        "float32", "--dtype", "float32, float64, or tf32 (fast products on a GPU).", type=str
    )
    device: str = option("auto", "--device", "auto, cpu or cuda.", type=str)
    backend: str = option(
        "auto", "--backend", "auto, or one of `ganbench list backends`.", type=str
    )
    ema: float | None = option(
        None, "--ema", "Decay of the average of G to measure; 0: none; default: the preset's.",
        range=Range(0, 1, below=True),
    )  # fmt: skip
    base_seed: int = option(
        0, "--base-seed", "Another number, other random numbers.", range=whole(0, LARGEST_SEED)
    )

    def check(self) -> None:
        """Raise ``UsageError`` for a value that no training can have."""
        for own in fields(self):
            value, flag = getattr(self, own.name), own.metadata["flag"]
            if value == "":
                raise UsageError(f"{flag} is empty: leave it out, or say which")
            if "range" in own.metadata and value is not None and not isinstance(value, tuple):
                own.metadata["range"].check(flag, value)
        if self.game is not None:
            registry.games.get(self.game)
        if self.dtype == "tf32" and choose_device(self.device) == "cpu":
            raise UsageError("--dtype is tf32, which a CPU does not have: float32 needed")
        if self.dtype not in DTYPES:
            raise UsageError(f"--dtype is {self.dtype!r}: {', '.join(DTYPES)} are known")
        check_hyper(self.hyper)


@dataclass(frozen=True)
class Request(Settings):
    """The options of a run; None is the default of the preset or the data set."""

    variants: tuple[str, ...] = option(
        (), "--variants",
        "Names, BASE+MODIFIER, groups (core, wasserstein ...) or all; default: the preset's.",
        parse=lambda text: (text,) if text else (), shown="",
    )  # fmt: skip
    dataset: str = option("mnist", "--dataset", "See: ganbench list datasets.", type=str)
    preset: str | None = option(
        None, "--preset", "smoke, quick (default on CPU), core, standard (CUDA), paper.", type=str
    )
    arch: str | None = option(
        None, "--arch", "NAME or NAME:key=value,...; default: the data set's.", type=str
    )
    seeds: int | tuple[int, ...] | None = option(
        None, "--seeds", "Trainings per variant; default: the preset's.", range=whole(1, MOST_SEEDS)
    )
    steps: int | None = option(
        None, "--steps", "Generator updates; default: the preset's.", range=whole(1, MOST_STEPS)
    )
    images_seen: int | None = option(
        None, "--budget", "Real images shown to D, the same for all, in place of --steps.",
        range=whole(1, MOST_IMAGES),
    )  # fmt: skip
    checkpoints: int | None = option(
        None, "--checkpoints", "Evaluations, evenly spaced; default: the preset's.",
        range=whole(1, MOST_CHECKPOINTS),
    )  # fmt: skip
    batch: int | None = option(
        None, "--batch-size", "Default: the data set's.", range=whole(1, MOST_SAMPLES)
    )
    features: str | None = option(
        None, "--features", "Extractor of the metrics; default: the data set's.", type=str
    )
    metrics: str = option(
        "default", "--metrics", "Names and groups; default: the data set's own.", type=str
    )
    recipe: str = option(
        "auto", "--recipe", "paper, auto (the preset's, where it has one) or a file.", type=str
    )
    validation: bool = option(
        False, "--validation", "Hold out a validation split and measure on it.", is_flag=True
    )
    no_controls: bool = option(
        False, "--no-controls", "Do not measure the trivial generators.", is_flag=True
    )
    same_networks: bool = option(
        False, "--same-networks", "One pair of networks for all: D not normalised.", is_flag=True
    )
    keep: str = option(
        "auto", "--keep", "Of trained models: none, generator, all, or auto: all of small ones.",
        type=str,
    )  # fmt: skip
    unit_timeout: float | None = option(
        None,
        "--unit-timeout",
        "Time for one unit (5m, 2h ...), after which it counts as `timeout`; default: any.",
        parse=lambda text: parse_duration(text, "--unit-timeout") if text else None,
    )
    film: bool = option(
        False, "--film", "Keep a few samples on the way, for `ganbench film`.", is_flag=True
    )
    data_dir: str | None = option(None, "--data-dir", "Folder of the data set's files.", type=str)
    resize: str | None = option(None, "--resize", "HxW: resize pictures of your own.", type=str)
    resizer: str | None = option(
        None, "--resizer",
        "bicubic (default), area, bilinear-antialias, lanczos or bilinear (pytorch-fid's).",
        type=str,
    )  # fmt: skip
    background: str | None = option(
        None, "--background", "Under transparent pixels: white (default), black, grey or #rrggbb.",
        type=str,
    )  # fmt: skip
    value_range: str | None = option(
        None, "--range", "Of float pictures of your own: 0..1 or -1..1.", type=str
    )
    force: bool = option(
        False, "--force", "Try what needs more memory than the machine has.", is_flag=True
    )

    def check(self) -> None:
        """Raise ``UsageError`` for a value that no run can have, before anything is loaded."""
        super().check()
        if self.keep not in KEEP:
            raise UsageError(f"--keep is {self.keep!r}: {', '.join(KEEP)} are known")
        if self.steps is not None and self.images_seen is not None:
            raise UsageError("--steps and --budget are two ways to say one thing: give one")
        if self.arch:
            parse_arch(self.arch)

    @property
    def reading(self) -> dict[str, str]:
        """How pictures of the user's own are read: the words that were said."""
        words = ("resize", "resizer", "background", "value_range")
        return {word: said for word in words if (said := getattr(self, word)) is not None}


def variant_groups() -> dict[str, list[Variant]]:
    """Return the named groups of variants: ``core`` and the families."""
    known = registry.variants.items()
    groups = {"core": [v for v in known if v.core]}
    for name in sorted({v.family for v in known}):
        groups[name] = [v for v in known if v.family == name]
    return groups


def choose_variants(names: tuple[str, ...]) -> list[Variant]:
    """Return the variants of a list, each once.

    Args:
        names: variants, ``base+modifier+...`` compositions, groups, or ``all``; lists of them may
            be separated by commas.

    Raises:
        UsageError: empty, or an unknown name (with the nearest).
    """
    asked = [n for name in names for n in name.split(",") if n]
    if not asked:
        raise UsageError("no variants: name some, or say all")
    groups = {"all": registry.variants.items(), **variant_groups()}
    chosen: dict[str, Variant] = {}
    for name in asked:
        for variant in groups.get(name) or [registry.variants.get(name)]:
            chosen.setdefault(variant.name, variant)
    return list(chosen.values())


def parse_arch(spec: str) -> tuple[Arch, dict[str, Any]]:
    """Return the arch and all its options from ``name`` or ``name:key=value,key=value``.

    Raises:
        UsageError: unknown name or option, or a value of the wrong type.
    """
    name, _, rest = spec.partition(":")
    arch = registry.archs.get(name)
    options = dict(arch.options)
    for item in filter(None, rest.split(",")):
        key, _, text = item.partition("=")
        if key not in options:
            raise no_option(arch, key)
        options[key] = arch.parse(key, text)
    return arch, options


def seed_list(seeds: int | tuple[int, ...]) -> tuple[int, ...]:
    """Return the repetitions 0..n-1 for a number, or the given ones.

    Raises:
        UsageError: none, negative or repeated seeds.
    """
    if isinstance(seeds, int):
        whole(1, MOST_SEEDS).check("--seeds", seeds)
        return tuple(range(seeds))
    if not seeds or min(seeds) < 0 or len(set(seeds)) != len(seeds):
        raise UsageError(f"seeds are {list(seeds)}: different numbers of at least 0 needed")
    whole(1, MOST_SEEDS).check("the number of seeds", len(seeds))
    whole(0, LARGEST_SEED).check("the largest seed", max(seeds))
    return tuple(seeds)


def choose_device(device: str) -> str:
    """Return ``cpu`` or ``cuda``; ``auto`` takes CUDA where there is a usable device.

    Raises:
        UsageError: another device, or CUDA was asked for and is not there.
    """
    if not re.fullmatch(r"auto|cpu|cuda(:[0-9]{1,3})?", device):
        raise UsageError(f"--device is '{shown(device)}': auto, cpu or cuda needed")
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise UsageError("--device is cuda, but torch finds no usable CUDA device; try cpu")
    return device
