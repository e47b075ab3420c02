"""From names to what a training is made of: networks, game, backend, hyper-parameters, state."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganbench.archs._labels import class_frequencies
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Arch, Backend, Data, Networks, Shape, Variant, method_parts
from ganbench.core.kinds.arch import ADDED
from ganbench.core.seeds import derive
from ganbench.training.state import Problem, State

DEFAULT_GAME = "alternating"


def choose_game(variant: Variant, asked: str | None) -> str:
    """Return the game that ``variant`` is trained by: its own, the one asked for, or the default.

    Raises:
        UsageError: an unknown game, or another than the one that makes the variant what it is.
    """
    if asked is not None:
        registry.games.get(asked)
    if variant.game is None:
        return asked or DEFAULT_GAME
    registry.games.get(variant.game)
    if asked not in (None, variant.game):
        raise UsageError(
            f"variant {variant.name} is trained by game {variant.game}, not by {asked}"
        )
    return variant.game


def trained_together(arch: Arch, device: str) -> bool:
    """Return whether all lanes in one program are faster than one lane after the other."""
    return arch.vectorise or device != "cpu"


def choose_backend(asked: str, device: str, steps: int) -> Backend:
    """Return the backend called ``asked``, or the fastest one for so many generator updates.

    Raises:
        UsageError: unknown.
    """
    if asked != "auto":
        return registry.backends.get(asked)
    kind = device.partition(":")[0]
    fitting = [b for b in registry.backends.items() if b.default_from.get(kind, math.inf) <= steps]
    return max(fitting, key=lambda backend: backend.default_from[kind])


def default_hyper(variant: Variant, game: str) -> dict[str, float]:
    """Return every hyper-parameter of a method and its game."""
    return {**variant.hyper(), **registry.games.get(game).hyper}


def hyper_targets(variant: Variant, game: str, key: str) -> list[str]:
    """Return the hyper-parameters that ``key`` sets: ``lr`` means ``g.lr`` and ``d.lr``.

    Raises:
        UsageError: there is none.
    """
    known = default_hyper(variant, game)
    targets = method_parts.hyper_targets(known, key)
    if not targets:
        raise UsageError(
            f"variant {variant.name} has no hyper-parameter {key!r}; it has {', '.join(known)}"
        )
    return targets


def network_shape(arch: Arch, data: Data) -> tuple[Shape, dict[str, Any]]:
    """Return the shape of the networks' samples, and what a conditional arch is also built with.

    Raises:
        UsageError: ``arch`` is conditional and the data have no labels, or are not images.
    """
    shape = data.train.shape[1:]
    if not arch.conditional:
        return shape, {}
    if data.train_labels is None:
        raise UsageError(f"arch {arch.name} needs labels, and these data have none")
    if reason := arch.fits(shape):
        raise UsageError(f"arch {arch.name} does not fit data of shape {shape}: {reason}")
    frequencies = class_frequencies(torch.from_numpy(np.array(data.train_labels)))
    with_planes = (shape[0] + len(frequencies), *shape[1:])
    return with_planes, {"class_frequencies": frequencies, "channels": shape[0]}


def network_builder(
    arch: Arch, options: Mapping[str, Any], data: Data, variant: Variant
) -> Callable[[], Networks]:
    """Return a function that builds a fresh pair from torch's current random state.

    Raises:
        UsageError: ``arch`` cannot serve ``data``; the function raises where it cannot serve
            ``variant``.
    """
    shape, added = network_shape(arch, data)
    return partial(build_networks, arch, {**options, **added}, shape, variant)


def build_networks(
    arch: Arch, options: Mapping[str, Any], shape: Shape, variant: Variant
) -> Networks:
    """Return ``arch`` built for ``shape``, and for the inputs of ``variant``'s discriminator.

    Raises:
        UsageError: it cannot serve.
    """
    arch.check_options({key: options[key] for key in options if key not in ADDED})
    _, d_shape = variant.discriminator_input(1, shape)
    for needed in (shape, d_shape):
        if reason := arch.fits(needed):
            raise UsageError(f"arch {arch.name} does not fit data of shape {needed}: {reason}")

    def builder(shape: Shape, outputs: int = 1) -> Networks:
        return arch.build(shape, outputs=outputs, **options)

    if variant.network_wraps or variant.d_outputs > 1:
        refuse_lacking(variant, builder(shape), arch)
    for wrap in variant.network_wraps:
        builder = wrap(builder)
    networks = builder(shape, variant.d_outputs)
    if d_shape != shape:
        discriminator = builder(d_shape, variant.d_outputs).discriminator
        networks = replace(networks, discriminator=discriminator)
    refuse_lacking(variant, networks, arch)
    return networks


def refuse_lacking(variant: Variant, networks: Networks, arch: Arch) -> None:
    """Raise ``UsageError`` if ``networks`` do not provide what ``variant`` requires."""
    lacking = variant.requires - networks.provides
    if lacking:
        raise UsageError(
            f"variant {variant.name} needs {', '.join(sorted(lacking))} of {arch.name}"
        )


def initial_state(
    problem: Problem, build: Callable[[], Networks], seed: int, dtype: torch.dtype
) -> State:
    """Return one lane's state at step 0: weights from the stream ``init`` of its root seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(seed, "init"))
        networks = build()
    g = {k: p.detach().to(dtype) for k, p in networks.generator.named_parameters()}
    d = {k: p.detach().to(dtype) for k, p in networks.discriminator.named_parameters()}
    variant = problem.variant
    losses = variant.loss_state.init() if variant.loss_state else {}
    return State(
        g=g,
        d=d,
        g_opt=variant.optim.init(g),
        d_opt=variant.d_optim.init(d),
        constraint=variant.constraint.init(d) if variant.constraint else {},
        loss_state={k: v.to(dtype) for k, v in losses.items()},
        ema={k: p.clone() for k, p in g.items()} if problem.ema is not None else {},
        averaged={"updates": torch.zeros((), dtype=dtype)} if problem.ema is not None else {},
        game=registry.games.get(problem.game).init(g, d),
    )


def check_arguments(
    variant: Variant,
    data: np.ndarray,
    seeds: Sequence[int],
    batch: int,
    steps: int,
    game: str | None,
    ema: float | None,
) -> None:
    """Raise ``UsageError`` for an argument of ``Population`` that is out of range."""
    if not seeds:
        raise UsageError("no seeds: at least 1 needed")
    if len(set(seeds)) != len(seeds):
        raise UsageError(f"seeds are repeated: {list(seeds)}")
    if steps < 1:
        raise UsageError(f"steps is {steps}: at least 1 needed")
    if not 1 <= batch <= len(data):
        raise UsageError(f"batch is {batch}: between 1 and the {len(data)} training samples")
    if variant.discriminator_input(batch, data.shape[1:])[0] < 1:
        raise UsageError(f"batch is {batch}: too few samples for variant {variant.name}")
    choose_game(variant, game)
    if ema is not None and not 0 <= ema < 1:
        raise UsageError(f"ema is {ema}: a decay in [0, 1)")


def lane_hyper(
    problem: Problem,
    overrides: Mapping[str, Any],
    lanes: int,
    dtype: torch.dtype,
    device: torch.device,
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return all hyper-parameters ``[lanes]``, and the schedules of those not overridden.

    Raises:
        UsageError: an override is neither a number nor one for each lane.
    """
    variant = problem.variant
    values: dict[str, Any] = default_hyper(variant, problem.game)
    schedules = dict(variant.schedules)
    for key, value in overrides.items():
        for target in hyper_targets(variant, problem.game, key):
            values[target] = value
            schedules.pop(target, None)
    tensors = {}
    for key, value in values.items():
        tensor = torch.as_tensor(value, dtype=dtype, device=device)
        if tensor.shape not in ((), (lanes,)):
            raise UsageError(f"{key} has shape {tuple(tensor.shape)}: a number or {lanes} numbers")
        tensors[key] = tensor.expand(lanes)
    return tensors, schedules
