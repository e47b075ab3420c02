"""Training methods: optimisers, variants and modifiers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from ganbench.errors import UsageError
from ganbench.spec._common import Paper, check_name
from ganbench.spec._schedules import Schedule
from ganbench.spec.parts import (
    Constraint,
    Extra,
    Joint,
    Params,
    Penalty,
    Term,
    View,
    Wrap,
)

if TYPE_CHECKING:
    from torch import Tensor


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


LossFunction = Callable[..., "Tensor"]


@dataclass(frozen=True)
class Variant:
    """A GAN training method: two losses and what comes with them.

    Attributes:
        name: permanent key of results.
        paper: where it comes from.
        d_loss, g_loss: ``(real_logits [B], fake_logits [B]) -> scalar``, both minimised; with
            ``d_outputs=K`` they are given ``[B, K]``, with ``extra`` a third argument.
        equation: both losses in plain text, ``r`` and ``f`` being the logits.
        family: group in listings.
        penalties: added to the discriminator's loss, each times its weight.
        constraint: acts on the discriminator's parameters.
        views: what the discriminator is shown of its inputs, one after the other.
        d_steps: discriminator updates for each generator update.
        optim: optimiser of both networks; ``optim_d`` overrides it for the discriminator.
        g_reads_real: the generator's loss or a term of it depends on the real batch; others do
            not pay for that.
        requires: what the architecture must provide (``per_sample_d``: no output of the
            discriminator depends on the other samples of its batch; ``features``: any number of
            outputs from features that can be read; ``images``: samples are images).
        schedules: hyper-parameters that change while training, ``{name: schedule}``.
        game: the game algorithm that is a part of the method, such as ``unrolled-5``; None where
            any will do.
        d_outputs: how many numbers the discriminator returns for a sample.
        pointwise: both losses are means of a term for each sample, or pair of samples.
        terms: added to the generator's loss, each times its weight.
        extra: what the losses read besides the logits.
        networks: how the pair is made otherwise than by the architecture alone, one wrap after
            the other.
        joint: what the discriminator is shown, if that is not samples.
        core: one of the few that a first comparison should hold.
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
    d_outputs: int = 1
    pointwise: bool = True
    terms: tuple[Term, ...] = ()
    extra: Extra | None = None
    networks: tuple[Wrap, ...] = ()
    joint: Joint | None = None
    core: bool = False

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
        values |= {term.key: term.weight for term in self.terms}
        return values | (self.extra.hyper() if self.extra else {})

    def seen(self, batch: int, shape: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
        """Return the batch and the shape of a sample as the discriminator sees them."""
        for view in self.views:
            batch, shape = batch // view.samples, view.shape(shape)
        return batch, shape


def unchanged(variant: Variant) -> Variant:
    """Return ``variant``."""
    return variant


@dataclass(frozen=True)
class Modifier:
    """What can be added to any variant that it fits: ``ns+r1``, ``hinge+sn``, ``wgan+pack2``.

    Attributes:
        name: as written after the plus sign.
        paper: where it comes from.
        equation: what it adds, in plain text.
        penalties, constraint, views, schedules, requires, extra, networks: as a Variant's.
        change: what more it does to a variant, such as another generator loss; raises
            ``UsageError`` where it does not fit.
    """

    name: str
    paper: Paper
    equation: str
    penalties: tuple[Penalty, ...] = ()
    constraint: Constraint | None = None
    views: tuple[View, ...] = ()
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    requires: Set[str] = frozenset()
    extra: Extra | None = None
    networks: tuple[Wrap, ...] = ()
    change: Callable[[Variant], Variant] = unchanged

    def __post_init__(self) -> None:
        check_name(self.name)

    def _refusal(self, variant: Variant) -> str:
        """Return why ``variant`` cannot have this, or the empty string."""
        if self.constraint and variant.constraint:
            return "has a constraint already"
        if self.extra and variant.extra:
            return f"has {variant.extra.name} in its losses already"
        if self.penalties and variant.d_outputs > 1:
            return "has no logits to penalise"
        if variant.joint and any(view.samples > 1 for view in self.views):
            return "shows its discriminator more than samples"
        keys = {p.key for p in variant.penalties} | {v.key for v in variant.views}
        mine = [p.key for p in self.penalties] + [v.key for v in self.views]
        twice = keys & set(mine)
        return f"has {', '.join(sorted(twice))} already" if twice else ""

    def apply(self, variant: Variant) -> Variant:
        """Return ``variant`` with this added.

        Raises:
            UsageError: it does not fit; says why.
        """
        whole = f"{variant.name}+{self.name}"
        if reason := self._refusal(variant):
            raise UsageError(f"{whole}: {variant.name} {reason}")
        return replace(
            self.change(variant),
            name=whole,
            equation=f"{variant.equation}   + {self.equation}",
            penalties=variant.penalties + self.penalties,
            constraint=variant.constraint or self.constraint,
            views=variant.views + self.views,
            schedules={**variant.schedules, **self.schedules},
            requires=variant.requires | frozenset(self.requires),
            extra=variant.extra or self.extra,
            networks=variant.networks + self.networks,
            core=False,
        )
