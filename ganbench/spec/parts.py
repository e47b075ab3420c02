"""What training methods are made of: noise, penalties, constraints, views, extras, joints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ganbench.spec.arch import Networks

Params = dict[str, "Tensor"]
Network = Callable[..., "Tensor"]  # with its parameters bound


@dataclass(frozen=True)
class Noise:
    """A random tensor that a step is given: it never draws one itself.

    ``kind`` is ``normal`` (mean 0, variance 1), ``uniform`` on [0, 1), ``symmetric`` (uniform on
    [-1, 1)) or ``keep`` (boolean, true with probability ``1 - p``).
    """

    kind: Literal["normal", "uniform", "symmetric", "keep"]
    shape: tuple[int, ...]
    p: float = 0.0


class Discriminator(Protocol):
    """A discriminator with its parameters bound: ``x [B, ...] -> logits [B]`` (or ``[B, K]``)."""

    def __call__(self, x: Tensor, /) -> Tensor:
        """Return the logits of ``x``."""
        ...


def no_noise(batch: int, shape: tuple[int, ...]) -> dict[str, Noise]:
    """Return the noise of a penalty that needs none."""
    return {}


@dataclass(frozen=True)
class Penalty:
    """A term of the discriminator's loss that reads the discriminator itself.

    Attributes:
        function: ``(d, real [B, ...], fake [B, ...], noise) -> scalar``.
        weight: its factor; the hyper-parameter ``<function name>.weight`` (may differ per lane).
        noise: ``(B, sample shape) -> {name: Noise}``, what ``function`` finds in ``noise``.
    """

    function: Callable[[Discriminator, Tensor, Tensor, Mapping[str, Tensor]], Tensor]
    weight: float
    noise: Callable[[int, tuple[int, ...]], dict[str, Noise]] = no_noise

    @property
    def key(self) -> str:
        """The name of its weight among the hyper-parameters."""
        return f"{self.function.__name__}.weight"


def as_they_are(params: Params, state: Params, value: Tensor) -> Params:
    """Return the parameters of a constraint that does not stand between them and the network."""
    return params


@dataclass(frozen=True)
class Constraint:
    """Pure functions that act on the discriminator's parameters.

    Attributes:
        name: the hyper-parameter ``<name>.value`` (may differ per lane).
        value: its default.
        init: ``d_params -> state``.
        update: ``(d_params, state, value) -> (d_params, state)``, after each update of D.
        apply: ``(d_params, state, value) -> d_params`` as the network sees them; differentiable.
    """

    name: str
    value: float
    init: Callable[[Params], Params]
    update: Callable[[Params, Params, Tensor], tuple[Params, Params]]
    apply: Callable[[Params, Params, Tensor], Params] = as_they_are

    @property
    def key(self) -> str:
        """The name of its value among the hyper-parameters."""
        return f"{self.name}.value"


def same_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return ``shape``."""
    return shape


@dataclass(frozen=True)
class View:
    """What the discriminator is shown of a batch, real or generated; penalties see it too.

    Attributes:
        name: of the hyper-parameter ``<name>.value`` (may differ per lane).
        value: its default; None where there is no such number.
        function: ``(x [B, *shape], noise, value) -> [B // samples, *shape(shape)]``.
        noise: ``(B, shape) -> {name: Noise}``.
        shape: ``shape of a sample -> shape that the discriminator is built for``.
        samples: how many samples make one input of the discriminator.
    """

    name: str
    value: float | None
    function: Callable[[Tensor, Mapping[str, Tensor], Tensor | None], Tensor]
    noise: Callable[[int, tuple[int, ...]], dict[str, Noise]] = no_noise
    shape: Callable[[tuple[int, ...]], tuple[int, ...]] = same_shape
    samples: int = 1

    @property
    def key(self) -> str:
        """The name of its value among the hyper-parameters."""
        return f"{self.name}.value"


@dataclass(frozen=True)
class Extra:
    """What a variant's losses read besides the logits: one mapping, their third argument.

    Attributes:
        name: of its hyper-parameters, ``<name>.<key>``.
        values: these, ``{key: default}`` (may differ per lane).
        init: ``() -> state``, scalars that training carries along, such as BEGAN's k.
        update: ``(extra, E r, E f) -> state``, after each update of D, from the mean outputs that
            this update was made of.
    """

    name: str
    values: Mapping[str, float] = field(default_factory=dict)
    init: Callable[[], Params] = dict
    update: Callable[[Mapping[str, Tensor], Tensor, Tensor], Params] = lambda extra, r, f: {}

    def hyper(self) -> dict[str, float]:
        """Return its hyper-parameters with their defaults."""
        return {f"{self.name}.{key}": value for key, value in self.values.items()}


@dataclass(frozen=True)
class Term:
    """A term of the generator's loss that reads the networks themselves.

    Attributes:
        function: ``(g, d, real [B, ...], fake [B, ...], noise) -> scalar``, ``real`` and ``fake``
            as the discriminator is shown them; ``noise["z"]`` holds the latents of ``fake``.
        weight: its factor; the hyper-parameter ``<function name>.weight`` (may differ per lane).
        noise: ``(B, discriminator) -> {name: Noise}``, what ``function`` finds in ``noise`` too.
    """

    function: Callable[[Network, Network, Tensor, Tensor, Mapping[str, Tensor]], Tensor]
    weight: float
    noise: Callable[[int, nn.Module], dict[str, Noise]] = lambda batch, discriminator: {}

    @property
    def key(self) -> str:
        """The name of its weight among the hyper-parameters."""
        return f"{self.function.__name__}.weight"


@dataclass(frozen=True)
class Joint:
    """What the discriminator is shown where that is more than samples, such as (x, z) pairs.

    Attributes:
        rows: ``(g, real [B, ...], z [B, Z], noise) -> (real rows, fake rows)``.
        shape: ``(shape of a sample, Z) -> shape of a row``.
        noise: ``(B, Z) -> {name: Noise}``, what ``rows`` finds in ``noise``.
    """

    rows: Callable[[Network, Tensor, Tensor, Mapping[str, Tensor]], tuple[Tensor, Tensor]]
    shape: Callable[[tuple[int, ...], int], tuple[int, ...]]
    noise: Callable[[int, int], dict[str, Noise]]


# ``(shape, outputs) -> Networks``; a wrap makes another such function of it.
Make = Callable[..., "Networks"]
Wrap = Callable[[Make], Make]
