"""Kept models: one safetensors file for each finished seed, never a pickle.

    generator.NAME       parameters of G
    averaged.NAME        of its average, where one was asked for; that one is measured
    statistics.NAME      of batch normalisation in the generator that is measured
    discriminator.NAME   parameters of D
    training.PATH        the rest of the state, and the curves: what is needed to go on

A seed that diverged has its state from before that step, where all is kept.

The entry ``ganbench`` of the file's metadata is JSON: the training as its record holds it, the
seed, what the networks are built from, the latent, how data are scaled, and a SHA-256 of all
tensors and one of all that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.lazy import torch
from ganbench.core.seals import damaged
from ganbench.core.seeds import lane_seed
from ganbench.experiment.memory import outline
from ganbench.experiment.model_descriptions import check_description
from ganbench.experiment.records import Record, Training

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ganbench.experiment.store import Store
    from ganbench.training.state import State
    from ganbench.training.trained_model import TrainedModel

FORMAT = 1
KEY = "ganbench"
SEAL = "described_sha256"  # of the rest of that entry; files that were made before have none
SMALL = 10_000_000  # bytes, without the curves, up to which ``auto`` keeps everything
LOGS = "training.logs"
STATISTICS = "statistics."
OF_GENERATOR = ("generator.", "averaged.", STATISTICS)
SCALING = {
    "uint8": "uint8 images x are x / 127.5 - 1 in the networks",
    "float32": "data are in the networks as they are",
}


def digest_of(tensors: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 of names, types, shapes and values."""
    found = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        found.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        found.update(tensor.contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return found.hexdigest()


def _sha256(described: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(described).encode()).hexdigest()


def tensors_of(population: Any, seed: int) -> dict[str, Tensor]:
    """Return all that can be kept of the lane with ``seed`` of a ``Population``."""
    from ganbench.training.state import flatten, unstack

    lane = population.lane(seed)
    state = unstack(population.state, lane)
    measured = population.generator(seed)
    parts = {
        "generator.": state.g,
        "averaged.": state.ema,
        STATISTICS: dict(measured.named_buffers()),
        "discriminator.": state.d,
        "training": flatten(state._replace(g={}, d={}, ema={})),
    }
    logs = torch.stack([log[lane] for log in population.logs])
    named = {prefix + k: v for prefix, part in parts.items() for k, v in part.items()}
    return {k: v.cpu().contiguous() for k, v in (named | {LOGS: logs}).items()}


def kept_tensors(tensors: Mapping[str, Tensor], keep: str) -> dict[str, Tensor]:
    """Return those ``tensors`` that are kept."""
    small = sum(tensor.nbytes for name, tensor in tensors.items() if name != LOGS) <= SMALL
    if keep == "all" or (keep == "auto" and small):
        return dict(tensors)
    return {k: v for k, v in tensors.items() if keep != "none" and k.startswith(OF_GENERATOR)}


def pack(
    population: Any, training: Training, seed: int, built_with: Mapping[str, Any], keep: str
) -> bytes | None:
    """Return the file of one seed, or None where nothing is kept.

    Args:
        built_with: what the networks were built with beside the options of the architecture.
    """
    from safetensors.torch import save

    tensors = kept_tensors(tensors_of(population, seed), keep)
    if not tensors or (population.diverged(seed) is not None and LOGS not in tensors):
        return None
    samples_are = str(population.data_dtype)
    latent = population.problem.networks.latent
    content = {
        "format": FORMAT,
        "run_id": training.run_id(seed),
        "training": training.recorded(seed).model_dump(mode="json"),
        "seed": seed,
        "steps": population.step,
        "diverged_at": population.diverged(seed),
        "shape": list(population.problem.shape),
        "built_with": dict(built_with),
        "latent": {"kind": latent.kind, "shape": list(latent.shape)},
        "samples": samples_are,
        "scaling": SCALING["uint8" if samples_are == "uint8" else "float32"],
        "sha256": digest_of(tensors),
    }
    # One entry, because safetensors writes several in no fixed order.
    return save(tensors, {KEY: json.dumps(content | {SEAL: _sha256(content)})})


def kept_bytes(population: Any, keep: str, steps: int) -> int:
    """Return the bytes that are kept of each seed of a population after ``steps`` updates."""
    tensors = tensors_of(population, population.seeds[0])
    logs = tensors.pop(LOGS)
    kept = kept_tensors({**tensors, LOGS: logs.new_empty(steps, logs.shape[1])}, keep)
    return sum(tensor.nbytes for tensor in kept.values())


def find(out: Path, variant: str, seed: int) -> Path:
    """Return the kept model of one seed of a run, that of the largest budget.

    Raises:
        UsageError: there is none, or there are several.
    """
    from ganbench.experiment.store import Store

    store = Store(out)
    missing = f"no model of {variant}, seed {seed}, was kept in {out}"
    return store.model_path(find_run(store, variant, seed, store.model_path, missing).run_id)


def find_run(
    store: Store, variant: str, seed: int, path_of: Callable[[str], Path], missing: str
) -> Record:
    """Return the record of one seed with a file at ``path_of(run_id)``, of the largest budget.

    Args:
        missing: what is said if no run of this seed has the file.

    Raises:
        UsageError: there is none, or there are several.
    """
    out = store.out
    records = [r for r in store.records(curves=False) if r.training.variant == variant]
    if not records:
        raise UsageError(f"no record of {variant} in {out}")
    own = [r for r in records if r.seed == seed]
    if not own:
        seeds = ", ".join(str(s) for s in sorted({r.seed for r in records}))
        raise UsageError(f"{variant} in {out} has no seed {seed}; there are {seeds}")
    kept = [r for r in own if path_of(r.run_id).exists()]
    if not kept:
        raise UsageError(missing)
    most = max(r.training.steps for r in kept)
    last = [r for r in kept if r.training.steps == most]
    if len(last) > 1:
        names = ", ".join(r.run_id for r in last)
        raise UsageError(f"several trainings of {variant}, seed {seed}, in {out}: {names}")
    return last[0]


def is_whole(path: Path) -> bool:
    """Return whether ``path`` is a kept model with all that is needed to go on."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            return LOGS in file.keys()  # noqa: SIM118
    except (OSError, SafetensorError):
        return False


def state_of(tensors: Mapping[str, Tensor], like: State) -> State:
    """Return the state of one lane out of a whole file, with the structure of ``like``.

    Raises:
        ValueError: it belongs to other networks or another optimiser.
    """
    from ganbench.training.state import restore

    fields = {"generator": "g", "discriminator": "d", "averaged": "ema"}
    flat = {}
    for name, tensor in tensors.items():
        part, _, key = name.partition(".")
        if part in fields:
            flat[f".{fields[part]}['{key}']"] = tensor
        elif part == "training" and name != LOGS:
            flat[f".{key}"] = tensor
    return restore(flat, like)


def read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return the description and the tensors in ``path``.

    Raises:
        UsageError: it is no kept model, is damaged, or is of a later version.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            described = dict(json.loads((file.metadata() or {})[KEY]))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from None
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise UsageError(f"{path} is not a kept model: {error}") from None
    if described.get("format") != FORMAT:
        raise UsageError(f"{path} has format {described.get('format')}: {FORMAT} is known here")
    seal = described.pop(SEAL, None)
    if digest_of(tensors) != described.get("sha256") or seal not in (None, _sha256(described)):
        raise damaged(str(path))
    check_description(path, described)
    return described, tensors


def load(path: Path) -> TrainedModel:
    """Return the kept model in ``path``; nothing in it is executed.

    Raises:
        UsageError: see ``read`` and ``model_of``.
    """
    return model_of(path, *read(path))


def model_of(path: Path, described: dict[str, Any], tensors: dict[str, Tensor]) -> TrainedModel:
    """Return the model that was read from ``path``.

    Raises:
        UsageError: its variant or architecture is not known here, or has other networks.
    """
    from ganbench.training.build import build_networks
    from ganbench.training.trained_model import TrainedModel

    try:
        training = Training.model_validate(described["training"])
    except ValueError:
        raise UsageError(f"{path} does not say what it was trained by") from None
    variant, arch = registry.variants.get(training.variant), registry.archs.get(training.arch)
    built_with = described["built_with"]
    frequencies = tuple(built_with.get("class_frequencies", ()))
    options = {**training.arch_options, **built_with}
    options |= {"class_frequencies": frequencies} if frequencies else {}
    build = partial(build_networks, arch, options, tuple(described["shape"]), variant)
    averaged = any(name.startswith("averaged.") for name in tensors)
    of_g, of_d = ("averaged." if averaged else "generator.", STATISTICS), ("discriminator.",)
    planned = outline(build)
    _check_places(path, planned.generator, tensors, of_g)  # before memory is taken for them
    _check_places(path, planned.discriminator, tensors, of_d)
    networks = build()
    generator = _filled(networks.generator, tensors, of_g)
    if generator is None:
        raise UsageError(f"{path} holds no generator")
    return TrainedModel(
        variant=training.variant,
        dataset=training.dataset,
        seed=described["seed"],
        root=lane_seed(training.dataset, training.variant, described["seed"], training.base_seed),
        steps=described["steps"],
        generator=generator,
        discriminator=_filled(networks.discriminator, tensors, of_d),
        latent=networks.latent,
        samples_are=described["samples"],
        class_frequencies=frequencies,
        channels=built_with.get("channels"),
    )


def _named(tensors: Mapping[str, Tensor], prefixes: tuple[str, ...]) -> dict[str, Tensor]:
    """Return the tensors under ``prefixes``, by the rest of their names."""
    return {
        name.removeprefix(prefix): value
        for prefix in prefixes
        for name, value in tensors.items()
        if name.startswith(prefix)
    }


def _check_places(
    path: Path, module: nn.Module, tensors: Mapping[str, Tensor], prefixes: tuple[str, ...]
) -> None:
    """Raise ``UsageError`` unless the tensors under ``prefixes``, if any, fit ``module``."""
    given = _named(tensors, prefixes)
    places: dict[str, Tensor] = dict(module.named_parameters())
    places |= dict(module.named_buffers()) if STATISTICS in prefixes else {}
    for name in sorted({*given, *places}) if given else ():
        if name not in given or name not in places or given[name].shape != places[name].shape:
            raise UsageError(f"{path} holds other networks than are built here: {name} differs")


def _filled(
    module: nn.Module, tensors: Mapping[str, Tensor], prefixes: tuple[str, ...]
) -> nn.Module | None:
    """Return ``module`` with the tensors under ``prefixes``, or None where none was kept."""
    given = _named(tensors, prefixes)
    if not given:
        return None
    module = module.to(given[next(iter(dict(module.named_parameters())))].dtype)
    places = dict(module.named_parameters()) | dict(module.named_buffers())
    with torch.no_grad():
        for name, value in given.items():
            places[name].copy_(value)
    return module.eval().requires_grad_(False)
