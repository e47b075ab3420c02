"""Training methods: noise, penalties, constraints, optimisers, variants, networks, archs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ganbench.errors import UsageError
from ganbench.spec._common import Paper, check_name
from ganbench.spec._schedules import Schedule

if TYPE_CHECKING:
    from torch import Tensor, nn

Params = dict[str, "Tensor"]


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


class Optimizer(Protocol):
    """A pure optimiser: see :mod:`ganbench.optim`."""

    @property
    def lr(self) -> float:
        """The default learning rate."""
        ...

    def hyper(self) -> dict[str, float]:
        """Return the hyper-parameters that may differ per lane, with their defaults."""
        ...

    def init(self, params: Params) -> dict[str, Any]:
        """Return the state before the first update."""
        ...

    def update(
        self, grads: Params, state: dict[str, Any], params: Params, hyper: Mapping[str, Tensor]
    ) -> tuple[Params, dict[str, Any]]:
        """Return the parameters and the state after one update."""
        ...


LossFunction = Callable[["Tensor", "Tensor"], "Tensor"]


@dataclass(frozen=True)
class Variant:
    """A GAN training method: two losses and what comes with them.

    Attributes:
        name: permanent key of results.
        paper: where it comes from.
        d_loss, g_loss: ``(real_logits [B], fake_logits [B]) -> scalar``, both minimised.
        equation: both losses in plain text, ``r`` and ``f`` being the logits.
        family: group in listings.
        penalties: added to the discriminator's loss, each times its weight.
        constraint: acts on the discriminator's parameters.
        views: what the discriminator is shown of its inputs, one after the other.
        d_steps: discriminator updates for each generator update.
        optim: optimiser of both networks; ``optim_d`` overrides it for the discriminator.
        g_reads_real: the generator's loss depends on the real logits; others do not pay for them.
        requires: what the architecture must provide (``per_sample_d``: no output of the
            discriminator depends on the other samples of its batch).
        schedules: hyper-parameters that change while training, ``{name: schedule}``.
        game: the game algorithm that is a part of the method, such as ``unrolled-5``; None where
            any will do.
    """

    name: str
    paper: Paper
    d_loss: LossFunction
    g_loss: LossFunction
    optim: Optimizer
    equation: str
    family: str
    penalties: tuple[Penalty, ...] = ()
    constraint: Constraint | None = None
    views: tuple[View, ...] = ()
    d_steps: int = 1
    optim_d: Optimizer | None = None
    g_reads_real: bool = False
    requires: Set[str] = frozenset()
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    game: str | None = None

    def __post_init__(self) -> None:
        check_name(self.name)
        object.__setattr__(self, "requires", frozenset(self.requires))
        if self.d_steps < 1:
            raise ValueError(f"variant {self.name}: d_steps is {self.d_steps}, at least 1 needed")
        unused = set(self.schedules) - set(self.hyper())
        if unused:
            raise ValueError(f"variant {self.name}: schedules for unknown {sorted(unused)}")

    def hyper(self) -> dict[str, float]:
        """Return every hyper-parameter that may differ per lane, with its default."""
        values = {f"g.{k}": v for k, v in self.optim.hyper().items()}
        values |= {f"d.{k}": v for k, v in (self.optim_d or self.optim).hyper().items()}
        values |= {p.key: p.weight for p in self.penalties}
        values |= {view.key: view.value for view in self.views if view.value is not None}
        if self.constraint:
            values[self.constraint.key] = self.constraint.value
        return values

    def seen(self, batch: int, shape: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
        """Return the batch and the shape of a sample as the discriminator sees them."""
        for view in self.views:
            batch, shape = batch // view.samples, view.shape(shape)
        return batch, shape


@dataclass(frozen=True)
class Modifier:
    """What can be added to any variant that it fits: ``ns+r1``, ``hinge+sn``, ``wgan+pack2``.

    Attributes:
        name: as written after the plus sign.
        paper: where it comes from.
        equation: what it adds, in plain text.
        penalties, constraint, views, schedules, requires: as a Variant's.
    """

    name: str
    paper: Paper
    equation: str
    penalties: tuple[Penalty, ...] = ()
    constraint: Constraint | None = None
    views: tuple[View, ...] = ()
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    requires: Set[str] = frozenset()

    def __post_init__(self) -> None:
        check_name(self.name)

    def apply(self, variant: Variant) -> Variant:
        """Return ``variant`` with this added.

        Raises:
            UsageError: it has one already, or another constraint.
        """
        whole = f"{variant.name}+{self.name}"
        if self.constraint and variant.constraint:
            raise UsageError(f"{whole}: {variant.name} has a constraint already")
        keys = {p.key for p in variant.penalties} | {v.key for v in variant.views}
        mine = [p.key for p in self.penalties] + [v.key for v in self.views]
        if twice := keys & set(mine):
            raise UsageError(f"{whole}: {variant.name} has {', '.join(sorted(twice))} already")
        return replace(
            variant,
            name=whole,
            equation=f"{variant.equation}   + {self.equation}",
            penalties=variant.penalties + self.penalties,
            constraint=variant.constraint or self.constraint,
            views=variant.views + self.views,
            schedules={**variant.schedules, **self.schedules},
            requires=variant.requires | frozenset(self.requires),
        )


@dataclass(frozen=True)
class Networks:
    """A generator and discriminator pair built for one data shape.

    Attributes:
        generator: ``latent [B, Z] -> sample [B, *shape]``.
        discriminator: ``sample [B, *shape] -> logits [B]``.
        latent: the noise of one latent, shape ``(Z,)``.
        provides: what the pair offers to a variant's ``requires``.
    """

    generator: nn.Module
    discriminator: nn.Module
    latent: Noise
    provides: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Arch:
    """An architecture: a generator and discriminator pair for data shapes.

    Attributes:
        name: permanent key of results.
        build: ``(shape, **options) -> Networks``, initialised from torch's current random state.
        options: what can be chosen in ``name:key=value,...``, with the defaults.
        fits: ``shape -> ""`` or why it does not fit.
        vectorise: whether one program for all seeds is worth it on a CPU (small dense networks);
            where it is not, a CPU unit holds one seed.
        summary: one line for listings.
    """

    name: str
    build: Callable[..., Networks]
    summary: str
    options: Mapping[str, Any] = field(default_factory=dict)
    fits: Callable[[tuple[int, ...]], str] = lambda shape: ""
    vectorise: bool = False

    def __post_init__(self) -> None:
        check_name(self.name)
