"""Training methods: optimisers, variants and modifiers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ganbench.core.errors import UsageError
from ganbench.core.kinds.arch import NetworkWrap, check_capabilities
from ganbench.core.kinds.method_parts import (
    Constants,
    Constraint,
    GeneratorTerm,
    InputTransform,
    Joint,
    LossState,
    Params,
    Penalty,
    Shape,
    check_constants,
    data_family,
)
from ganbench.core.kinds.paper import Paper, check_name
from ganbench.core.kinds.schedules import Schedule, Value, first_value

if TYPE_CHECKING:
    from torch import Tensor


class Optimizer(Protocol):
    """A pure optimiser: see :mod:`ganbench.methods.optimisers`."""

    def hyper(self) -> dict[str, Value]:
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

TUPLES = ("penalties", "input_transforms", "generator_terms", "network_wraps")


def _check_parts(method: Any, whose: str) -> None:
    """Raise ``ValueError`` for a single part where several are declared, or a wrong capability."""
    for name in TUPLES:
        if not isinstance(getattr(method, name, ()), tuple):
            raise ValueError(f"{whose}: {name} must be a tuple, such as (part,)")
    check_capabilities(frozenset(method.requires), f"{whose}: requires")


@dataclass(frozen=True)
class Variant:
    """A GAN training method: two losses and what comes with them.

    ``docs/architecture.md`` tells which of the optional fields serves which departure from two
    losses.

    Attributes:
        name: permanent key of results.
        paper: where it comes from.
        d_loss, g_loss: ``(real_logits [B], fake_logits [B]) -> scalar``, both minimised; with
            ``d_outputs=K`` they are given ``[B, K]``, with ``loss_state`` a third argument.
        optim: optimiser of both networks; ``optim_d`` overrides it for the discriminator.
        equation: both losses in plain text, ``r`` and ``f`` being the logits.
        family: group in listings.
        penalties: added to the discriminator's loss, each times its weight.
        constraint: acts on the discriminator's parameters.
        input_transforms: change every batch before the discriminator reads it, in this order.
        d_steps: discriminator updates for each generator update.
        g_reads_real: the generator's loss or a term of it depends on the real batch; others do
            not pay for that.
        requires: what the architecture must provide; see ``CAPABILITIES``.
        game: the game algorithm that is a part of the method, such as ``unrolled-5``; None where
            any will do.
        d_outputs: how many numbers the discriminator returns for a sample.
        pointwise: both losses are means of a term for each sample, or pair of samples.
        generator_terms: added to the generator's loss, each times its weight.
        loss_state: what the losses read beside the logits.
        network_wraps: change how the architecture's networks are built, one after the other.
        joint: the discriminator's inputs, if these are not only samples.
        core: one of the few that a first comparison should hold.
        same_gradients_as: the variant that this one equals step by step: the two are an A/A pair,
            whose difference is noise.
        composition: ``base+modifier``, where this variant is one under a name of its own.
        d_norm: how the method's authors normalise D; ``Arch.options_for`` reads it.
        constants: the authors' numbers for a family of data (``FAMILIES``), where they are others.
        same_method_as: the variant whose method this is too, with another number or formula.
    """

    name: str
    paper: Paper
    d_loss: LossFunction
    g_loss: LossFunction
    optim: Optimizer
    equation: str = ""
    family: str = "other"
    penalties: tuple[Penalty, ...] = ()
    constraint: Constraint | None = None
    input_transforms: tuple[InputTransform, ...] = ()
    d_steps: int = 1
    optim_d: Optimizer | None = None
    g_reads_real: bool = False
    requires: Set[str] = frozenset()
    game: str | None = None
    d_outputs: int = 1
    pointwise: bool = True
    generator_terms: tuple[GeneratorTerm, ...] = ()
    loss_state: LossState | None = None
    network_wraps: tuple[NetworkWrap, ...] = ()
    joint: Joint | None = None
    core: bool = False
    same_gradients_as: str = ""
    composition: str = ""
    d_norm: Literal["none", "batch"] = "none"
    constants: Mapping[str, Constants] = field(default_factory=dict, hash=False)
    same_method_as: str = ""

    def __post_init__(self) -> None:
        check_name(self.name)
        if isinstance(self.requires, str):
            raise ValueError(f"variant {self.name}: requires is a set: {{{self.requires!r}}}")
        object.__setattr__(self, "requires", frozenset(self.requires))

    def check(self) -> None:
        """Raise ``ValueError`` for what no training could use."""
        _check_parts(self, f"variant {self.name}")
        if self.d_steps < 1:
            raise ValueError(f"variant {self.name}: d_steps is {self.d_steps}, at least 1 needed")
        if self.d_norm not in ("none", "batch"):
            raise ValueError(f"variant {self.name}: d_norm is none or batch, not {self.d_norm!r}")
        check_constants(self.constants, self.declared(), f"variant {self.name}")

    def constants_for(self, shape: Shape) -> Mapping[str, float]:
        """Return the authors' numbers for data of ``shape``, as ``--hyper`` takes them."""
        given = self.constants.get(data_family(shape))
        return given.values if given else {}

    @property
    def d_optim(self) -> Optimizer:
        """The discriminator's optimiser."""
        return self.optim_d or self.optim

    def declared(self) -> dict[str, Value]:
        """Return every hyper-parameter that may differ per lane: a number or a schedule."""
        values: dict[str, Value] = {f"g.{k}": v for k, v in self.optim.hyper().items()}
        values |= {f"d.{k}": v for k, v in self.d_optim.hyper().items()}
        values |= {penalty.key: penalty.weight for penalty in self.penalties}
        values |= {t.key: t.value for t in self.input_transforms if t.value is not None}
        if self.constraint:
            values[self.constraint.key] = self.constraint.value
        values |= {term.key: term.weight for term in self.generator_terms}
        state = self.loss_state
        return values | ({f"{state.name}.{k}": v for k, v in state.values.items()} if state else {})

    def hyper(self) -> dict[str, float]:
        """Return every hyper-parameter with its default; a scheduled one with its first value."""
        return {key: first_value(value) for key, value in self.declared().items()}

    @property
    def schedules(self) -> dict[str, Schedule]:
        """The hyper-parameters that change while training."""
        return {key: v for key, v in self.declared().items() if isinstance(v, Schedule)}

    def discriminator_input(self, batch: int, shape: Shape) -> tuple[int, Shape]:
        """Return the batch size and the shape that the discriminator reads, after transforms."""
        for transform in self.input_transforms:
            batch, shape = batch // transform.samples, transform.shape(shape)
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
        penalties, constraint, input_transforms, requires, loss_state, network_wraps: as those of a
            Variant.
        change: what more it does to a variant, such as another generator loss; raises
            ``UsageError`` where it does not fit.
    """

    name: str
    paper: Paper
    equation: str
    penalties: tuple[Penalty, ...] = ()
    constraint: Constraint | None = None
    input_transforms: tuple[InputTransform, ...] = ()
    requires: Set[str] = frozenset()
    loss_state: LossState | None = None
    network_wraps: tuple[NetworkWrap, ...] = ()
    change: Callable[[Variant], Variant] = unchanged

    def __post_init__(self) -> None:
        check_name(self.name)

    def check(self) -> None:
        """Raise ``ValueError`` for what no training could use."""
        _check_parts(self, f"modifier {self.name}")

    def _refusal(self, variant: Variant) -> str:
        """Return why ``variant`` cannot have this, or the empty string."""
        name = variant.name
        if self.constraint and variant.constraint:
            return f"{name} has a constraint already ({variant.constraint.name})"
        if self.loss_state and variant.loss_state:
            return f"both keep a state in their losses ({name}: {variant.loss_state.name})"
        if self.penalties and variant.d_outputs > 1:
            return f"the discriminator of {name} returns vectors, which have no logit to penalise"
        if variant.joint and any(t.samples > 1 for t in self.input_transforms):
            return f"the discriminator of {name} reads pairs of samples and latents"
        keys = {p.key for p in variant.penalties} | {t.key for t in variant.input_transforms}
        added = [p.key for p in self.penalties] + [t.key for t in self.input_transforms]
        twice = keys & set(added)
        return f"{name} has {', '.join(sorted(twice))} already" if twice else ""

    def _added_to(self, equation: str) -> str:
        """Return ``equation`` with what this adds: a penalty belongs to D's loss."""
        d, mark, g = equation.partition("   G:")
        if self.penalties and mark:
            return f"{d} + {self.equation}{mark}{g}"
        return f"{equation}   + {self.equation}"

    def apply(self, variant: Variant) -> Variant:
        """Return ``variant`` with this added.

        Raises:
            UsageError: it does not fit; says why.
        """
        whole = f"{variant.name}+{self.name}"
        if reason := self._refusal(variant):
            raise UsageError(f"{whole} cannot be combined: {reason}")
        return replace(
            self.change(variant),
            name=whole,
            equation=self._added_to(variant.equation),
            penalties=variant.penalties + self.penalties,
            constraint=variant.constraint or self.constraint,
            input_transforms=variant.input_transforms + self.input_transforms,
            requires=variant.requires | frozenset(self.requires),
            loss_state=variant.loss_state or self.loss_state,
            network_wraps=variant.network_wraps + self.network_wraps,
            core=False,
            composition="",
            same_method_as="",
            same_gradients_as="",
        )


def named_composition(
    name: str,
    base: Variant,
    modifier: Modifier,
    *,
    family: str,
    equation: str,
    paper: Paper | None = None,
    same_method_as: str = "",
) -> Variant:
    """Return ``base+modifier`` as a variant with a name of its own.

    Args:
        paper: where the combination comes from; the modifier's paper by default.
        same_method_as: as that of a Variant.
    """
    whole = modifier.apply(base)
    return replace(
        whole,
        name=name,
        paper=paper or modifier.paper,
        family=family,
        equation=equation,
        composition=whole.name,
        same_method_as=same_method_as,
    )


def distinct_methods(variants: Iterable[Variant]) -> list[Variant]:
    """Return one variant of each method: without what is another of ``variants`` once more."""
    chosen = list(variants)
    names = {v.name for v in chosen}
    return [v for v in chosen if v.same_method_as not in names]
