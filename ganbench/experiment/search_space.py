"""What a search for a recipe tries: axes, their values, and a variant's own configurations.

A configuration is ``{axis: value}``: ``{"lr": "x5", "beta1": "0.5"}`` is five times the paper's
learning rates with a first moment of 0.5. ``{}`` is the paper's own constants. An axis sets each
hyper-parameter of its name, in whatever part of the method: ``lr`` both networks', ``weight`` that
of every penalty. One that follows a schedule becomes a constant: a multiple is of its first value.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Variant
from ganbench.core.kinds.method_parts import FINITE, check_hyper, hyper_targets
from ganbench.core.printable import shown
from ganbench.core.seeds import derive

Configuration = Mapping[str, str]
Axes = Mapping[str, tuple[str, ...]]

DEFAULTS: Axes = {
    "lr": ("x1", "x2.5", "x5", "x10", "x20"),
    "g.lr": ("x0.25", "x0.5", "x1", "x2", "x4"),
    "d.lr": ("x0.25", "x0.5", "x1", "x2", "x4"),
    "beta1": ("0", "0.5", "0.9"),
    "beta2": ("0.9", "0.99", "0.999"),
    "weight": ("x0.1", "x0.3", "x1", "x3", "x10"),
}
LARGEST = 100_000  # configurations of a space


def parse_space(text: str) -> dict[str, tuple[str, ...]]:
    """Return the axes of ``AXIS,AXIS=VALUE|VALUE,...``.

    A value is a number, or ``xNUMBER`` for a multiple of the variant's own.

    Raises:
        UsageError: no axis, one twice, one without values, or a value that is none.
    """
    axes: dict[str, tuple[str, ...]] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, given, values = (part.strip() for part in item.partition("="))
        if name in axes:
            raise UsageError(f"--space: {name} is there twice")
        if not given and name not in DEFAULTS:
            raise UsageError(
                f"--space: {name} needs values, {name}=x0.5|x1|x2 or {name}=0.1|0.2; those of "
                f"{', '.join(DEFAULTS)} are known"
            )
        axes[name] = tuple(v.strip() for v in values.split("|")) if given else DEFAULTS[name]
        for value in axes[name]:
            try:
                number(value)
            except ValueError as error:
                raise UsageError(f"--space: {name} has {error}") from None
        if len(set(axes[name])) < len(axes[name]):
            raise UsageError(f"--space: {name} has a value twice")
    if not axes:
        raise UsageError(f"--space is empty: name some of {', '.join(DEFAULTS)}")
    if math.prod(len(values) for values in axes.values()) > LARGEST:
        raise UsageError(f"--space has more than {LARGEST:,} configurations: fewer values needed")
    return axes


def number(value: str) -> float:
    """Return the number of ``0.5`` or ``x5``.

    Raises:
        ValueError: it is none, or a factor that is not above 0.
    """
    try:
        found: float = FINITE.parse("", value.removeprefix("x"))
    except UsageError:
        found = math.nan
    if not math.isfinite(found) or (value.startswith("x") and found <= 0):
        raise ValueError(f"'{shown(value)}': a number, or x and a factor above 0, needed")
    return found


def targets(variant: Variant, axis: str) -> list[str]:
    """Return the hyper-parameters of ``variant`` that ``axis`` sets."""
    return [key for key in variant.hyper() if key == axis or key.endswith(f".{axis}")]


def own_axes(variant: Variant, axes: Axes) -> dict[str, tuple[str, ...]]:
    """Return the axes that set something of ``variant``."""
    return {axis: values for axis, values in axes.items() if targets(variant, axis)}


def applied(
    configuration: Configuration, variant: Variant, constants: Mapping[str, float]
) -> dict[str, float]:
    """Return ``constants`` with what ``configuration`` sets.

    Args:
        constants: of the paper's recipe, named as ``--hyper`` takes them.

    Raises:
        UsageError: an axis sets nothing of the variant.
    """
    values, known = dict(constants), variant.hyper()
    for axis, text in configuration.items():
        keys = targets(variant, axis)
        if not keys:
            raise UsageError(f"variant {variant.name} has no hyper-parameter {axis!r} to set")
        for key in keys:
            own = _value(key, values, variant)
            values[key] = own * number(text) if text.startswith("x") else number(text)
    check_hyper(values, f"constants of {variant.name}")
    whole = {name: hyper_targets(known, name) for name in values}
    return {
        name: value for name, value in values.items()
        if name in known or not all(key in values for key in whole[name])
    }  # fmt: skip


def _value(key: str, values: Mapping[str, float], variant: Variant) -> float:
    """Return the value of a hyper-parameter, by its whole name."""
    short = key.partition(".")[2]  # lr of g.lr
    named = values.get(short) if key in hyper_targets(variant.hyper(), short) else None
    return values.get(key, variant.hyper()[key] if named is None else named)


def lane_values(
    tries: Sequence[Configuration], variant: Variant, constants: Mapping[str, float]
) -> list[dict[str, float]]:
    """Return the hyper-parameters of each try, by whole names and the same ones in all."""
    keys = dict.fromkeys(key for c in tries for axis in c for key in targets(variant, axis))
    found = [applied(configuration, variant, constants) for configuration in tries]
    return [{key: _value(key, values, variant) for key in keys} for values in found]


def grid(variant: Variant, axes: Axes, constants: Mapping[str, float]) -> list[dict[str, str]]:
    """Return all configurations of a variant's own axes, the paper's constants first."""
    own = own_axes(variant, axes)
    products = itertools.product(*own.values())
    found = [{}, *(dict(zip(own, values, strict=True)) for values in products)]
    paper, *others = lane_values(found, variant, constants)
    different = [c for c, values in zip(found[1:], others, strict=True) if values != paper]
    return [{}, *different]


def first_tries(configurations: Sequence[dict[str, str]], n: int) -> list[dict[str, str]]:
    """Return the first, which is the paper's, and ``n - 1`` others.

    All others in their order if there are not more, else drawn without replacement, so that
    variants with the same axes try the same.
    """
    if len(configurations) <= n:
        return list(configurations)
    random = np.random.default_rng(derive("tune"))
    return [configurations[0]] + [
        configurations[1 + i] for i in random.permutation(len(configurations) - 1)[: n - 1]
    ]


def by_label(tries: Iterable[tuple[Configuration, float]]) -> dict[str, list[float]]:
    """Return ``{configuration in words: [values]}`` of tries, in their order."""
    grouped: dict[str, list[float]] = {}
    for configuration, value in tries:
        grouped.setdefault(label(configuration), []).append(value)
    return grouped


def label(configuration: Configuration) -> str:
    """Return a configuration in words: ``lr x5, beta1 0.5``; ``paper`` for the paper's own."""
    return ", ".join(f"{axis} {value}" for axis, value in configuration.items()) or "paper"
