"""The parts that training methods are made of, beside their two losses.

Noise; penalties, constraint and input transforms of the discriminator; terms of the generator's
loss; a state that losses carry along; joint inputs of samples and latents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from ganbench.core.kinds.schedules import Value
from ganbench.core.printable import shown
from ganbench.core.ranges import Range, finite

if TYPE_CHECKING:
    from torch import Tensor, nn

Params = dict[str, "Tensor"]
Network = Callable[..., "Tensor"]  # with its parameters bound
Shape = tuple[int, ...]
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Noise:
    """A random tensor that a step is given: it never draws one itself.

    ``kind`` is ``normal`` (mean 0, variance 1), ``uniform`` on [0, 1), ``symmetric`` (uniform on
    [-1, 1)) or ``keep`` (boolean, true with probability ``1 - p``).
    """

    kind: Literal["normal", "uniform", "symmetric", "keep"]
    shape: Shape
    p: float = 0.0


class Discriminator(Protocol):
    """A discriminator with its parameters bound: ``x [B, ...] -> logits [B]`` (or ``[B, K]``)."""

    def __call__(self, x: Tensor, /) -> Tensor:
        """Return the logits of ``x``."""
        ...


def no_noise(*sizes: Any) -> dict[str, Noise]:
    """Return the noise of a part that needs none."""
    return {}


def reads_noise(declare: Callable[..., dict[str, Noise]]) -> Callable[[F], F]:
    """Return the decorator that declares what a function finds in its argument ``noise``.

    Args:
        declare: ``(batch, shape of a sample) -> {name: Noise}`` for a penalty,
            ``(batch, discriminator) -> {name: Noise}`` for a generator term.
    """

    def mark(function: F) -> F:
        function.declared_noise = declare  # type: ignore[attr-defined]
        return function

    return mark


def _name(function: Callable[..., Any], name: str) -> str:
    """Return ``name``, or that of ``function``: a permanent key of results."""
    chosen = name or getattr(function, "__name__", "")
    if not chosen.isidentifier():
        raise ValueError(f"{function!r} has no name of its own: give name=...")
    return chosen


@dataclass(frozen=True)
class Penalty:
    """A term of the discriminator's loss that reads the discriminator itself.

    Attributes:
        function: ``(d, real [B, ...], fake [B, ...], noise) -> scalar``; what it finds in
            ``noise`` is declared by the decorator ``reads_noise``; where samples have labels there
            is ``images [C, 1, 1]`` too: 1 for a channel of the image, 0 for a plane of labels.
        weight: its factor; the hyper-parameter ``<name>.weight`` (may differ per lane).
        name: by default the function's own.
    """

    function: Callable[[Discriminator, Tensor, Tensor, Mapping[str, Tensor]], Tensor]
    weight: Value
    name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", _name(self.function, self.name))

    @property
    def key(self) -> str:
        """The name of its weight among the hyper-parameters."""
        return f"{self.name}.weight"

    @property
    def noise(self) -> Callable[[int, Shape], dict[str, Noise]]:
        """``(B, shape of a sample) -> {name: Noise}``."""
        return getattr(self.function, "declared_noise", no_noise)


@dataclass(frozen=True)
class GeneratorTerm:
    """A term of the generator's loss that reads the networks themselves.

    Attributes:
        function: ``(g, d, real [B, ...], fake [B, ...], noise) -> scalar``; ``real`` and ``fake``
            are inputs of the discriminator. ``noise["z"]`` holds the latents of ``fake``, beside
            what the decorator ``reads_noise`` declares.
        weight: its factor; the hyper-parameter ``<name>.weight`` (may differ per lane).
        name: by default the function's own.
    """

    function: Callable[[Network, Network, Tensor, Tensor, Mapping[str, Tensor]], Tensor]
    weight: Value
    name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", _name(self.function, self.name))

    @property
    def key(self) -> str:
        """The name of its weight among the hyper-parameters."""
        return f"{self.name}.weight"

    @property
    def noise(self) -> Callable[[int, nn.Module], dict[str, Noise]]:
        """``(B, discriminator) -> {name: Noise}``."""
        return getattr(self.function, "declared_noise", no_noise)


def unconstrained(params: Params, state: Params, value: Tensor) -> Params:
    """Return the parameters as they are."""
    return params


@dataclass(frozen=True)
class Constraint:
    """Pure functions that act on the discriminator's parameters.

    Attributes:
        name: the hyper-parameter ``<name>.value`` (may differ per lane).
        value: its default.
        init: ``d_params -> state``.
        update: ``(d_params, state, value) -> (d_params, state)``, after each update of D.
        apply: ``(d_params, state, value) -> d_params`` as the network reads them; differentiable.
    """

    name: str
    value: Value
    init: Callable[[Params], Params]
    update: Callable[[Params, Params, Tensor], tuple[Params, Params]]
    apply: Callable[[Params, Params, Tensor], Params] = unconstrained

    @property
    def key(self) -> str:
        """The name of its value among the hyper-parameters."""
        return f"{self.name}.value"


def same_shape(shape: Shape) -> Shape:
    """Return ``shape``."""
    return shape


@dataclass(frozen=True)
class InputTransform:
    """A change of every batch, real or generated, before the discriminator and penalties read it.

    Attributes:
        name: of the hyper-parameter ``<name>.value`` (may differ per lane).
        value: its default; None where there is no such number.
        function: ``(x [B, *shape], noise, value) -> [B // samples, *shape(shape)]``.
        noise: ``(B, shape) -> {name: Noise}``.
        shape: ``shape of a sample -> shape that the discriminator is built for``.
        samples: how many samples make one input of the discriminator.
    """

    name: str
    value: Value | None
    function: Callable[[Tensor, Mapping[str, Tensor], Tensor | None], Tensor]
    noise: Callable[[int, Shape], dict[str, Noise]] = no_noise
    shape: Callable[[Shape], Shape] = same_shape
    samples: int = 1

    @property
    def key(self) -> str:
        """The name of its value among the hyper-parameters."""
        return f"{self.name}.value"


@dataclass(frozen=True)
class LossState:
    """What a variant's losses read beside the logits: one mapping, their third argument.

    Attributes:
        name: of its hyper-parameters, ``<name>.<key>``.
        values: these, ``{key: default}`` (may differ per lane).
        init: ``() -> state``, scalars that training carries along, such as BEGAN's k.
        update: ``(mapping, mean D(real), mean D(fake)) -> state``, after each update of D, from
            the outputs that this update was made of.
    """

    name: str
    values: Mapping[str, Value] = field(default_factory=dict)
    init: Callable[[], Params] = dict
    update: Callable[[Mapping[str, Tensor], Tensor, Tensor], Params] = lambda state, r, f: {}


FAMILIES = ("points", "images")  # of data, by the number of axes of a sample: 1 or 3


def data_family(shape: Shape) -> str:
    """Return the family of data whose samples have this shape."""
    return FAMILIES[0] if len(shape) == 1 else FAMILIES[1]


def hyper_targets(known: Iterable[str], key: str) -> list[str]:
    """Return the ``known`` hyper-parameters that ``key`` sets: ``lr`` is ``g.lr`` and ``d.lr``."""
    return [k for k in known if k == key or k in (f"g.{key}", f"d.{key}")]


FINITE = finite()
# The numbers that a hyper-parameter can have, by the last part of its name; of others ``FINITE``.
# A negative first moment is Gidel et al. 2019.
HYPER_RANGES = {
    "lr": Range(0, 1e30),  # that a training diverges is a result
    "beta1": Range(-1, 1, above=True, below=True),
    "beta2": Range(0, 1, below=True),
    "alpha": Range(0, 1, below=True),
    "decay": Range(0, 1, below=True),
    "share": Range(0, 1, above=True),
}


def hyper_range(key: str) -> Range:
    """Return the numbers that the hyper-parameter ``key``, such as ``d.lr``, can have."""
    return HYPER_RANGES.get(key.rpartition(".")[2], FINITE)


def check_hyper(values: Mapping[str, Any], whose: str = "--hyper") -> None:
    """Raise ``UsageError`` for a number that a hyper-parameter cannot have.

    Args:
        values: ``{hyper-parameter: number}``. whose: where they are from, for the message.
    """
    for key, value in values.items():
        hyper_range(key).check(f"{whose}: {shown(key)}", value)


@dataclass(frozen=True)
class Constants:
    """The numbers of a method's authors on one family of data, where they are others.

    Attributes:
        values: ``{hyper-parameter: number}``, with the names that ``--hyper`` takes.
        source: where the authors say so.
    """

    values: Mapping[str, float] = field(hash=False)
    source: str


def check_constants(given: Mapping[str, Constants], known: Iterable[str], whose: str) -> None:
    """Raise ``ValueError`` for a family of data, or a hyper-parameter, that there is not."""
    for family, constants in given.items():
        if family not in FAMILIES:
            raise ValueError(f"{whose}: constants are for {' or '.join(FAMILIES)}, not {family!r}")
        for key in constants.values:
            if not hyper_targets(known, key):
                raise ValueError(f"{whose}: constants for {family}: no hyper-parameter {key!r}")


@dataclass(frozen=True)
class Joint:
    """Inputs of a discriminator that reads more than samples, such as pairs (x, z).

    Attributes:
        rows: ``(g, real [B, ...], z [B, Z], noise) -> (real rows, fake rows)``.
        shape: ``(shape of a sample, Z) -> shape of a row``.
        noise: ``(B, Z) -> {name: Noise}``, what ``rows`` finds in ``noise``.
    """

    rows: Callable[[Network, Tensor, Tensor, Mapping[str, Tensor]], tuple[Tensor, Tensor]]
    shape: Callable[[Shape, int], Shape]
    noise: Callable[[int, int], dict[str, Noise]]
